import type { Encoded } from "./batch.js";

/** How much of a channel's past is kept; what is beyond any of these goes, the oldest first. */
export interface HistoryLimits {
  readonly count: number;
  /** UTF-16 units of the messages' text: bytes, where that is ASCII. */
  readonly bytes: number;
  /** ms */
  readonly age: number;
}

interface Kept {
  readonly message: Encoded;
  readonly at: number;
}

/** A channel's latest messages, in rising offsets without a hole. */
export class History {
  readonly #limits: HistoryLimits;
  #kept: Kept[] = [];
  /** Where the oldest one stands; those before it are gone, and wait to be cut off together. */
  #start = 0;
  #bytes = 0;

  constructor(limits: HistoryLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#kept.length - this.#start;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(message: Encoded, now: number): void {
    this.#kept.push({ message, at: now });
    this.#bytes += message.text.length;
    while (this.size > this.#limits.count || this.#bytes > this.#limits.bytes) this.#dropOldest();
    this.#expire(now);
  }

  /** The messages behind an offset that are still kept: all of them, or from the oldest on. */
  after(offset: number, now: number): Encoded[] {
    this.#expire(now);
    const first = this.#kept[this.#start]?.message.offset;
    if (first === undefined) return [];
    const from = this.#start + Math.max(0, offset + 1 - first);
    return this.#kept.slice(from).map(({ message }) => message);
  }

  #expire(now: number): void {
    for (;;) {
      const oldest = this.#kept[this.#start];
      if (oldest === undefined || now - oldest.at <= this.#limits.age) return;
      this.#dropOldest();
    }
  }

  #dropOldest(): void {
    const oldest = this.#kept[this.#start];
    if (oldest === undefined) return;
    this.#bytes -= oldest.message.text.length;
    this.#start++;
    if (this.#start * 2 <= this.#kept.length) return;
    this.#kept = this.#kept.slice(this.#start);
    this.#start = 0;
  }
}
