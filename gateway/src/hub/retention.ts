/** Bytes of memory that a kept message takes beside its text; measured on Node 20, whose texts are latin1. */
export const ENTRY_OVERHEAD = 136;

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
  /** Bytes of what happened in each slice. */
  readonly #slices = new Float64Array(RING);
  #bytes = 0;

  /**
   * @param limit bytes
   * @param ttl for how long messages are kept at the most, ms
   * @param now ms since the Unix epoch
   */
  constructor(limit: number, ttl: number, now: number) {
    this.#limit = limit;
    this.#pace = SLICES / Math.max(SLICES, ttl);
    this.#base = now;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isOver(): boolean {
    return this.#bytes > this.#limit;
  }

  /** @param bytes of the message's text */
  add(bytes: number, at: number): void {
    this.#count(bytes + ENTRY_OVERHEAD, at);
  }

  remove(bytes: number, at: number): void {
    this.#count(-bytes - ENTRY_OVERHEAD, at);
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
