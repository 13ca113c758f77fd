import type { Need } from "./need.js";

/** Somebody who waits for a subscription to be acknowledged. */
export interface Waiter {
  served(): void;
  refused(fault: Error): void;
}

/** Who waits for which need to be served. */
export class Waiters {
  readonly #waiting = new Map<Need, Set<Waiter>>();

  /** @returns stops waiting */
  add(need: Need, waiter: Waiter): () => void {
    const waiters = this.#waiting.get(need) ?? new Set();
    this.#waiting.set(need, waiters.add(waiter));
    return () => {
      waiters.delete(waiter);
      if (waiters.size === 0 && this.#waiting.get(need) === waiters) this.#waiting.delete(need);
    };
  }

  /** The needs that somebody waits for, as of now. */
  needs(): Need[] {
    return [...this.#waiting.keys()];
  }

  /** Tells all who wait for the need, once. */
  served(need: Need): void {
    const waiters = this.#waiting.get(need) ?? [];
    this.#waiting.delete(need);
    for (const { served } of waiters) served();
  }

  refused(need: Need, fault: Error): void {
    for (const waiter of [...(this.#waiting.get(need) ?? [])]) waiter.refused(fault);
  }

  /** Nobody has the need any more. */
  forget(need: Need): void {
    this.#waiting.delete(need);
  }
}
