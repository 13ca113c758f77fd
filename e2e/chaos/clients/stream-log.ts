import type { ChannelSpec, Cursor, Entry, Stream } from "../record.js";

/** What one client logs of one channel, and where it stands in it. */
export class StreamLog {
  readonly channel: ChannelSpec;
  readonly entries: Entry[] = [];
  #cursor: Cursor | undefined;
  #state: "unsubscribed" | "subscribed" = "unsubscribed";

  constructor(channel: ChannelSpec) {
    this.channel = channel;
  }

  /** What to resume from. */
  get cursor(): Cursor | undefined {
    return this.#cursor;
  }

  get isSubscribed(): boolean {
    return this.#state === "subscribed";
  }

  subscribed(entry: Extract<Entry, { kind: "subscribed" }>): void {
    this.#state = "subscribed";
    this.#cursor = { epoch: entry.epoch, offset: entry.offset };
    this.entries.push(entry);
  }

  message(entry: Extract<Entry, { kind: "event" | "gap" }>): void {
    if (this.#cursor !== undefined) this.#cursor = { ...this.#cursor, offset: entry.offset };
    this.entries.push(entry);
  }

  lost(at: number, goodUntil: number): void {
    if (this.#state === "unsubscribed") return;
    this.#state = "unsubscribed";
    this.entries.push({ kind: "lost", at, goodUntil });
  }

  /** The log as it is now; what comes later is not in it. */
  stream(client: string, transport: string): Stream {
    return { client, transport, channel: this.channel, entries: [...this.entries] };
  }
}
