/** Stretches remembered; past it the two oldest are one. */
const MAX_GAPS = 256;

/** A stretch of time in which this gateway may not have been told of events. */
export interface Stretch {
  /** ms since the Unix epoch. */
  readonly from: number;
  readonly to: number;
  readonly reason: "source" | "unattended";
}

/**
 * When this gateway did not hear everything: before it began to listen, and in the source's gaps.
 * What it takes over may have happened then.
 */
export class Unheard {
  #heardSince = Number.POSITIVE_INFINITY;
  #gaps: Stretch[] = [];

  /** Since when everything that was asked for is told, ms since the Unix epoch. */
  get heardSince(): number {
    return this.#heardSince;
  }

  /** Everything asked for so far is told from this moment on. */
  listening(now: number): void {
    this.#heardSince = now;
  }

  /** @returns false where it is known already */
  gap(from: number, to: number): boolean {
    if (this.#gaps.some((known) => known.from <= from && known.to >= to)) return false;
    this.#gaps.push({ from, to, reason: "source" });
    const [first, second] = this.#gaps;
    if (this.#gaps.length > MAX_GAPS && first !== undefined && second !== undefined) {
      const from = Math.min(first.from, second.from);
      const to = Math.max(first.to, second.to);
      this.#gaps.splice(0, 2, { from, to, reason: "source" });
    }
    return true;
  }

  /** What was not heard of all that happened after `time`. */
  after(time: number): Stretch[] {
    const gaps = this.#gaps.filter(({ to }) => to > time);
    const stretches = gaps.map((gap) => ({ ...gap, from: Math.max(gap.from, time) }));
    if (time >= this.#heardSince) return stretches;
    return [{ from: time, to: this.#heardSince, reason: "unattended" }, ...stretches];
  }

  /** What happened before is done, whoever did it. */
  forgetBefore(time: number): void {
    this.#gaps = this.#gaps.filter(({ to }) => to > time);
  }
}
