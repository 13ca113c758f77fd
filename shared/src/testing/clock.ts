import type { Clock, Timer } from "../clock.js";

interface Pending {
  readonly at: number;
  readonly fn: () => void;
}

/** A clock for tests: it stands still until `advance`, which runs what falls due, in order. */
export class VirtualClock implements Clock {
  #now: number;
  readonly #pending = new Set<Pending>();

  constructor(now = 1_780_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, fn: () => void): Timer {
    const entry = { at: this.#now + Math.max(0, ms), fn };
    this.#pending.add(entry);
    return { cancel: () => this.#pending.delete(entry) };
  }

  /** How many timers wait: a test that ends with some has found a leak. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Moves time on by `ms`, running due timers at their own time, microtasks between them. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let due = this.#next(until); due !== undefined; due = this.#next(until)) {
      this.#pending.delete(due);
      this.#now = due.at;
      due.fn();
      await settle();
    }
    this.#now = until;
    await settle();
  }

  #next(until: number): Pending | undefined {
    let first: Pending | undefined;
    for (const entry of this.#pending) {
      if (entry.at <= until && (first === undefined || entry.at < first.at)) first = entry;
    }
    return first;
  }
}

/** Lets promise chains run on: long enough for any chain without I/O. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}
