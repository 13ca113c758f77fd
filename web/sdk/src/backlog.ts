import type { GapMessage, SequencedMessage } from "@keywire/shared";

/** How many messages a loop may fall behind. */
export const DEFAULT_BUFFER = 1_000;

type Result = IteratorResult<SequencedMessage, undefined>;

interface Waiter {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/** The channel that a loop reads. */
interface Source {
  /** How many messages a loop may fall behind. */
  readonly buffer: number;
  /** The offset of the newest message; undefined where there is none yet. */
  readonly offset: number | undefined;
  now(): number;
  /** Asks for a new snapshot, where the channel has snapshots. */
  refresh(): void;
}

/** The messages between a channel and one `for await` loop: bounded, and never lossy unsaid. */
export class Backlog implements AsyncIterableIterator<SequencedMessage, undefined> {
  readonly #source: Source;
  /** The loop was left. */
  readonly #left: () => void;
  #queue: SequencedMessage[] = [];
  #waiters: Waiter[] = [];
  /** The gap at the head of the queue that this backlog made itself. */
  #overflow: GapMessage | undefined;
  /** The offset before the head of the queue. */
  #before: number | undefined;
  #ended: { readonly error: Error | undefined } | undefined;

  constructor(source: Source, left: () => void) {
    this.#source = source;
    this.#left = left;
    this.#before = source.offset;
  }

  push(message: SequencedMessage): void {
    // A first snapshot stands for the state at its offset, any other first message for itself.
    this.#before ??= message.offset - (message.type === "snapshot" ? 0 : 1);
    this.#queue.push(message);
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) this.#serve(waiter);
    else if (this.#queue.length > this.#source.buffer) this.#collapse();
  }

  /** What is queued is still taken; then the loop throws the error. Without one it ends at once. */
  end(error?: Error): void {
    this.#ended = { error };
    if (error === undefined) this.#queue = [];
    for (const waiter of this.#waiters.splice(0)) this.#serve(waiter);
  }

  next(): Promise<Result> {
    return new Promise((resolve, reject) => this.#serve({ resolve, reject }));
  }

  return(): Promise<Result> {
    this.end();
    this.#left();
    return this.next();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #serve(waiter: Waiter): void {
    const value = this.#queue.shift();
    if (value !== undefined) {
      this.#before = value.offset;
      waiter.resolve({ done: false, value });
      // The newest state matters, and only a snapshot can bring it back.
      if (value === this.#overflow) this.#source.refresh();
    } else if (this.#ended === undefined) {
      this.#waiters.push(waiter);
    } else if (this.#ended.error === undefined) {
      waiter.resolve({ done: true, value: undefined });
    } else {
      waiter.reject(this.#ended.error);
      // Thrown once, as a generator does it: after that the loop is over.
      this.end();
    }
  }

  /** The newest matters most: what waited gives way to one gap that says how much it was. */
  #collapse(): void {
    const [first, last] = [this.#queue[0], this.#queue.at(-1)];
    if (first === undefined || last === undefined) return;
    const unknown = this.#queue.some((message) => "missed" in message && message.missed === null);
    const now = this.#source.now();
    this.#overflow = {
      type: "gap",
      channel: last.channel,
      offset: last.offset,
      reason: "slow_consumer",
      from: "time" in first ? first.time : "from" in first ? first.from : now,
      to: now,
      missed: unknown ? null : last.offset - (this.#before ?? 0),
    };
    this.#queue = [this.#overflow];
  }
}
