/** Moments remembered; past it there are fewer of the older ones. */
const MAX_MOMENTS = 256;

interface Moment {
  readonly at: number;
  /** Up to when all had come by then that was raised. */
  readonly until: number;
}

/**
 * Up to when all that was raised had come, as it was at many moments; all in ms since the Unix epoch. So
 * it is known of an event when it was raised at the earliest: its own time says only when it came, which is
 * later by as much as this gateway stood still, or its link did.
 */
export class Heard {
  /** The oldest first. */
  #moments: Moment[] = [];

  note(at: number, until: number): void {
    this.#moments.push({ at, until });
    // What came behind the one that goes is taken to have been raised earlier than it was.
    if (this.#moments.length > MAX_MOMENTS) this.#moments.splice(1, 1);
  }

  /** At the last moment that was noted. */
  get until(): number | undefined {
    return this.#moments.at(-1)?.until;
  }

  /** Of all that came at that time or later: before when none of it was raised; undefined where nobody knows. */
  before(time: number): number | undefined {
    return this.#moments.findLast(({ at }) => at < time)?.until;
  }

  /** Nobody asks about an earlier time any more. */
  forgetBefore(time: number): void {
    const last = this.#moments.findLastIndex(({ at }) => at < time);
    if (last > 0) this.#moments.splice(0, last);
  }
}
