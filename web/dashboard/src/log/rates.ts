/** How far back the chart looks, in seconds. */
export const CHART_SECONDS = 120;

const SECOND = 1_000;

/** Counts per second over the last `seconds` whole seconds; the second under way is not told yet. */
export class Rates {
  readonly #seconds: number;
  /** One count per second of the window and the one under way, at `second % length`. */
  readonly #counts: Float64Array;
  /** The newest second that has a place in `#counts`. */
  #newest = 0;

  constructor(seconds: number = CHART_SECONDS) {
    this.#seconds = seconds;
    this.#counts = new Float64Array(seconds + 1);
  }

  /** Counts `count` events at `now`, ms since the Unix epoch. */
  add(now: number, count = 1): void {
    const second = Math.floor(now / SECOND);
    this.#roll(second);
    // A clock set back must not lose events: they count where time had already come to.
    const index = Math.max(second, this.#newest) % this.#counts.length;
    this.#counts[index] = (this.#counts[index] ?? 0) + count;
  }

  /** Events in the last whole second before `now`. */
  last(now: number): number {
    const second = Math.floor(now / SECOND);
    this.#roll(second);
    return this.#at(Math.max(second, this.#newest) - 1);
  }

  /** The window before `now`, oldest first: seconds since the Unix epoch, and counts. */
  series(now: number): { seconds: number[]; counts: number[] } {
    this.#roll(Math.floor(now / SECOND));
    const seconds = Array.from(
      { length: this.#seconds },
      (_, index) => this.#newest - this.#seconds + index,
    );
    return { seconds, counts: seconds.map((second) => this.#at(second)) };
  }

  /** The busiest whole second of the window before `now`. */
  peak(now: number): number {
    return Math.max(...this.series(now).counts);
  }

  #at(second: number): number {
    return this.#counts[second % this.#counts.length] ?? 0;
  }

  #roll(second: number): void {
    const skipped = Math.min(second - this.#newest, this.#counts.length);
    for (let step = 0; step < skipped; step++) {
      this.#counts[(second - step) % this.#counts.length] = 0;
    }
    this.#newest = Math.max(this.#newest, second);
  }
}
