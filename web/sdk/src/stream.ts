import type { Cursor, SequencedMessage, SnapshotMessage, SubscribedMessage } from "@keywire/shared";
import { Sequence, type Verdict } from "./sequence.js";

export type Fault = Exclude<Verdict, "next">;

/** Where a stream's messages go. */
export interface StreamPort {
  readonly name: string;
  now(): number;
  deliver(message: SequencedMessage): void;
  /** The gateway broke its promise of contiguous offsets. */
  fault(code: Fault, what: string): void;
}

/** One channel's messages as the application sees them: contiguous, or with a gap that says so. */
export class ChannelStream {
  readonly #port: StreamPort;
  readonly #sequence = new Sequence();
  /** When the channel was last known good, ms since the Unix epoch. */
  #goodAt: number;
  /** A snapshot that came with the answer while a gap is due: shown behind the gap. */
  #held: SnapshotMessage | undefined;

  constructor(port: StreamPort) {
    this.#port = port;
    this.#goodAt = port.now();
  }

  /** Where to resume; undefined before the first answer. */
  get cursor(): Cursor | undefined {
    return this.#sequence.cursor;
  }

  /** @param since what the answered `subscribe` asked to resume from */
  begin(answer: SubscribedMessage, since: Cursor | undefined): void {
    const { channel, offset, snapshot, truncated } = answer;
    // The snapshot that was asked for would hide it.
    if (this.#sequence.begin(answer, since)) this.#showGap();
    this.#held = snapshot && {
      type: "snapshot",
      channel,
      offset,
      snapshot,
      ...(truncated && { truncated }),
    };
    if (this.#sequence.due === undefined) this.#showHeld();
  }

  /** Delivers a message that is in order; false where messages before it are missing. */
  receive(message: SequencedMessage): boolean {
    const verdict = this.#sequence.accept(message);
    if (verdict === "next") {
      this.#deliver(message);
      return true;
    }
    const what = `the gateway sent offset ${message.offset} behind ${this.#offset}`;
    this.#port.fault(verdict, what);
    if (verdict !== "gap_missing") return verdict === "offset_repeated";
    this.#sequence.waive();
    this.#showGap();
    return this.receive(message);
  }

  #deliver(message: SequencedMessage): void {
    this.#goodAt = this.#port.now();
    this.#port.deliver(message);
    if (message.type === "gap") this.#showHeld();
  }

  get #offset(): number {
    return this.cursor?.offset ?? 0;
  }

  #showHeld(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#deliver({ ...held, offset: this.#offset });
  }

  /** A gap that the gateway did not tell. */
  #showGap(): void {
    this.#deliver({
      type: "gap",
      channel: this.#port.name,
      offset: this.#offset,
      reason: "resubscribed",
      from: this.#goodAt,
      to: this.#port.now(),
      missed: null,
    });
  }
}
