import type { Clock, Timer } from "@keywire/shared";

export interface PollerOptions<T> {
  /** Asks once; the signal ends it when nobody waits for it any more. */
  readonly ask: (signal: AbortSignal) => Promise<T>;
  readonly onAnswer: (answer: T) => void;
  readonly onError: (error: Error) => void;
  readonly clock: Clock;
  /** ms between an answer and the next question. */
  readonly every: number;
}

/** Asks again and again while it runs, one question at a time. */
export class Poller<T> {
  readonly #options: PollerOptions<T>;
  #asking: AbortController | null = null;
  #timer: Timer | null = null;

  constructor(options: PollerOptions<T>) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#asking !== null;
  }

  /** Asks at once; does nothing while it runs. */
  start(): void {
    if (this.#asking !== null) return;
    this.#asking = new AbortController();
    void this.#ask(this.#asking.signal);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#asking?.abort();
    this.#asking = null;
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { ask, onAnswer, onError, clock, every } = this.#options;
    const outcome = await ask(signal).then(
      (answer) => () => onAnswer(answer),
      (error: unknown) => () => onError(error instanceof Error ? error : new Error(String(error))),
    );
    // What came too late to be wanted is neither an answer nor an error.
    if (signal.aborted) return;
    outcome();
    this.#timer = clock.after(every, () => void this.#ask(signal));
  }
}
