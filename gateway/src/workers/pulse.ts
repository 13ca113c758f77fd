import type { Clock, Timer } from "@keywire/shared";

/** ms between two questions whether a worker does anything. */
const ASK_EVERY = 5_000;
/** Questions in a row without an answer, of a worker that is given up. */
const MOST_UNANSWERED = 6;

/**
 * Finds a worker that lives and does nothing: the connections that it has, and the next one that it is
 * handed, would wait for ever. Counted in questions, not by the clock: while the machine slept, nobody
 * could answer.
 */
export class Pulse {
  readonly #ask: () => void;
  readonly #gone: () => void;
  #unanswered = 0;
  #timer: Timer | undefined;

  /**
   * @param ask has the worker asked
   * @param gone told once, when it has not answered for long
   */
  constructor(clock: Clock, ask: () => void, gone: () => void) {
    this.#ask = ask;
    this.#gone = gone;
    this.#wait(clock);
  }

  answered(): void {
    this.#unanswered = 0;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #wait(clock: Clock): void {
    this.#timer = clock.after(ASK_EVERY, () => {
      if (this.#unanswered === MOST_UNANSWERED) {
        this.#gone();
        return;
      }
      this.#unanswered++;
      this.#ask();
      this.#wait(clock);
    });
  }
}
