import type { Clock } from "@keywire/shared";
import type { ProgressState } from "./progress.js";

/** ms that whoever read a stream before has to end what it had under way: it is alive as a rule. */
const PATIENCE = 2_000;

/** Streams that another gateway has read until now, and has records of under way. */
export class Successions {
  readonly #clock: Clock;
  /** Since when they are waited for, by field. */
  readonly #since = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    return this.#since.size === 0;
  }

  /** @returns whether it is too soon to go on in the stream: what is kept of it is to be read again */
  awaits(field: string, { pending }: ProgressState): boolean {
    const now = this.#clock.now();
    const since = this.#since.get(field) ?? now;
    // A clock that is set back must not have a stream wait until it has caught up.
    if (pending.length > 0 && Math.abs(now - since) < PATIENCE) {
      this.#since.set(field, since);
      return true;
    }
    this.#since.delete(field);
    return false;
  }

  forget(field: string): void {
    this.#since.delete(field);
  }

  clear(): void {
    this.#since.clear();
  }
}
