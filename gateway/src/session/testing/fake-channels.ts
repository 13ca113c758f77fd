import { type ChannelOptions, type Cursor, type Interest, WireError } from "@keywire/shared";
import type { Channels, Entry, Joined, Member, Membership, Messages } from "../ports.js";

/** Messages as the hub hands them out, of events that say nothing but their offset. */
export function batchOf(channel: string, epoch: string, first: number, count: number): Messages {
  const entries: Entry[] = Array.from({ length: count }, (_, index) => {
    const offset = first + index;
    const text = JSON.stringify({ type: "event", channel, offset });
    return { type: "event", offset, text, from: offset * 10, to: offset * 10 };
  });
  const text = entries.map((entry) => entry.text).join("\n");
  return {
    channel,
    epoch,
    entries,
    first,
    last: first + count - 1,
    text,
    bytes: Buffer.byteLength(text),
    isShared: true,
    encoded: (encoder) => encoder.encode({ text, bytes: Buffer.byteLength(text) }),
  };
}

/** One call of `join`, to be answered by the test. */
export class FakeJoin {
  readonly name: string;
  readonly interest: Interest;
  readonly options: ChannelOptions;
  readonly since: Cursor | undefined;
  state: "asked" | "joined" | "refused" | "left" = "asked";
  /** Told to the member right before it has left. */
  last: Messages | undefined;
  /** Since when there is something that it does not get any more as it leaves, ms since the Unix epoch. */
  unfinished: number | undefined;
  /** How often all of it was asked for anew. */
  resyncs = 0;
  readonly #member: Member;

  constructor(request: Parameters<Channels["join"]>[0], member: Member) {
    this.name = request.name;
    this.interest = request.interest;
    this.options = request.options;
    this.since = request.since;
    this.#member = member;
  }

  accept(joined: Partial<Joined> = {}): void {
    this.state = "joined";
    this.#member.joined({ epoch: "e1", offset: 0, replay: [], ...joined });
  }

  refuse(code: WireError["code"] = "unavailable", message = "Redis is away"): void {
    this.state = "refused";
    this.#member.refused(new WireError(code, message));
  }

  deliver(messages: Messages): void {
    if (this.state !== "joined") throw new Error(`delivered while ${this.state}`);
    this.#member.lookAhead?.();
    this.#member.deliver(messages);
  }

  leave(): number | undefined {
    if (this.state === "left") throw new Error("left twice");
    if (this.last !== undefined && this.state === "joined") this.deliver(this.last);
    this.state = "left";
    return this.unfinished;
  }

  resync(): boolean {
    this.resyncs += 1;
    return this.options.snapshot !== undefined;
  }
}

/** A hub that answers when the test says so, or at once. */
export class FakeChannels implements Channels {
  readonly joins: FakeJoin[] = [];
  /** Answers each join before it returns. */
  atOnce: ((join: FakeJoin) => void) | undefined;

  join(request: Parameters<Channels["join"]>[0], member: Member): Membership {
    if (request.options.value === true) throw new WireError("unsupported", "no values here");
    const join = new FakeJoin(request, member);
    this.joins.push(join);
    this.atOnce?.(join);
    return join;
  }

  get newest(): FakeJoin {
    const newest = this.joins.at(-1);
    if (newest === undefined) throw new Error("nobody has joined yet");
    return newest;
  }

  /** Names of the channels that somebody is on. */
  get joined(): string[] {
    return this.joins.filter(({ state }) => state === "joined").map(({ name }) => name);
  }
}
