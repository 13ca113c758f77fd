/** How full the blocks are that records are kept in, one with another. */
export const FULLNESS = 0.8;

/** Parts that the time is cut into for which messages are kept. */
const SLICES = 256;
/** As many again for those that are kept somewhat longer: old ones are looked for now and then. A power of two. */
const RING = 2 * SLICES;
/** How much of the limit is left to the newest, where older ones have to go: not each message is to push out one. */
const REST = 7 / 8;

/**
 * What the histories of all channels take together, and by when it happened, so that it can be said how
 * old may be what is kept where all of it is too much.
 */
export class Retention {
  readonly #limit: number;
  readonly #base: number;
  /** Slices in a ms. */
  readonly #pace: number;
  /** Bytes of records of what happened in each slice. */
  readonly #slices = new Float64Array(RING);
  /** Of all records. */
  #bytes = 0;

  /**
   * @param limit bytes of memory
   * @param ttl for how long messages are kept at the most, ms
   * @param now ms since the Unix epoch
   */
  constructor(limit: number, ttl: number, now: number) {
    this.#limit = limit * FULLNESS;
    this.#pace = SLICES / Math.max(SLICES, ttl);
    this.#base = now;
  }

  /** Of memory. */
  get bytes(): number {
    return this.#bytes / FULLNESS;
  }

  get isOver(): boolean {
    return this.#bytes > this.#limit;
  }

  /**
   * @param record bytes of what is kept of a message
   * @param at when it happened, ms since the Unix epoch
   */
  add(record: number, at: number): void {
    this.#count(record, at);
  }

  remove(record: number, at: number): void {
    this.#count(-record, at);
  }

  /** Where it is too much: what happened at this moment or before is to go. 0 where all may stay. */
  cutoff(now: number): number {
    const newest = this.#sliceOf(now);
    let kept = 0;
    for (let age = 0; age < RING; age++) {
      kept += this.#slices[(newest - age) & (RING - 1)] ?? 0;
      if (kept > this.#limit * REST) return this.#endOf(newest - age);
    }
    return 0;
  }

  #count(bytes: number, at: number): void {
    const slot = this.#sliceOf(at) & (RING - 1);
    this.#slices[slot] = (this.#slices[slot] ?? 0) + bytes;
    this.#bytes += bytes;
  }

  #sliceOf(at: number): number {
    return Math.floor((at - this.#base) * this.#pace);
  }

  /** The last ms of a slice. */
  #endOf(slice: number): number {
    return Math.ceil((slice + 1) / this.#pace) - 1 + this.#base;
  }
}
