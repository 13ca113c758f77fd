import type { Clock } from "@keywire/shared";

/** How long events were under way in the gateway: one figure per turn, of the oldest one in it. */
export class Delays {
  readonly #clock: Clock;
  readonly #observe: (ms: number) => void;
  #oldest = Number.POSITIVE_INFINITY;

  /** @param observe takes ms */
  constructor(clock: Clock, observe: (ms: number) => void) {
    this.#clock = clock;
    this.#observe = observe;
  }

  /** Messages are on their way to sessions, the oldest of them since then, ms since the Unix epoch. */
  handedOut(since: number): void {
    if (since < this.#oldest) this.#oldest = since;
  }

  /** All that was handed out has been written. */
  written(): void {
    if (this.#oldest === Number.POSITIVE_INFINITY) return;
    this.#observe(Math.max(0, this.#clock.now() - this.#oldest));
    this.#oldest = Number.POSITIVE_INFINITY;
  }
}
