/** How many messages may come: so many a second in the long run, and at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * A token bucket: full at first, refilled steadily, emptied by what is taken. Who goes on taking
 * from an empty one runs into debt, and is overdrawn when that is as deep as the bucket.
 */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #at: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Takes one; false where there is none, and nothing changes. */
  take(now: number): boolean {
    this.#refill(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Takes one, on credit where there is none. */
  draw(now: number): "taken" | "owed" | "overdrawn" {
    if (this.take(now)) return "taken";
    this.#tokens -= 1;
    return this.#tokens <= -this.#rate.burst ? "overdrawn" : "owed";
  }

  #refill(now: number): void {
    const elapsed = Math.max(0, now - this.#at) / 1_000;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + elapsed * this.#rate.perSecond);
    this.#at = now;
  }
}
