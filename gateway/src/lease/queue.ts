import type { Places, Segment } from "./places.js";
import type { Event } from "./ports.js";

/** Settled entries at the front before they are cut off. */
const MIN_CUT = 1_024;

/** One event that is not done. */
export interface Entry<E extends Event> {
  readonly event: E;
  readonly segment: Segment;
  readonly queue: Queue<E>;
  readonly seq: number;
  readonly bytes: number;
  state: "waiting" | "taken" | "done";
}

/** Events that went for want of room. */
export interface Overflow {
  readonly count: number;
  /** ms since the Unix epoch: when the first and the last of them came. */
  readonly from: number;
  readonly to: number;
}

/**
 * One part's events of one node, in the order in which they were told; but one that was told late, as
 * some are held back before that, goes before all of later segments that wait.
 */
export class Queue<E extends Event> {
  readonly places: Places;
  /** Events of segments with a lower number are done. */
  floor = 0;
  /** What was last said about it: all before the segment with this number is done. */
  said = -1;
  /** The number of the segment that the newest event is in. */
  newest = -1;
  #entries: (Entry<E> | undefined)[] = [];
  /** The first that is not done, and the first that is not taken. */
  #first = 0;
  #next = 0;
  /** Those that are not done and came behind others of later segments. */
  readonly #late = new Set<Entry<E>>();
  #overflow: (Overflow & { readonly segment: Segment }) | undefined;

  constructor(places: Places) {
    this.places = places;
  }

  get isEmpty(): boolean {
    return this.#first === this.#entries.length && this.#overflow === undefined;
  }

  /** The first that was not taken. */
  get next(): Entry<E> | undefined {
    return this.#entries[this.#next];
  }

  /** The first segment of which an event is not done. */
  get oldest(): Segment | undefined {
    let oldest = this.#overflow?.segment;
    for (const entry of this.#unfinished()) {
      if (oldest === undefined || entry.segment.no < oldest.no) oldest = entry.segment;
    }
    return oldest;
  }

  /** When the first event came that is not done, ms since the Unix epoch. */
  get since(): number | undefined {
    let since = this.#overflow?.from;
    for (const { event } of this.#unfinished()) {
      if (since === undefined || event.receivedAt < since) since = event.receivedAt;
    }
    return since;
  }

  /** The first of those that came in their order, and all others. */
  *#unfinished(): IterableIterator<Entry<E>> {
    const first = this.#entries[this.#first];
    if (first !== undefined) yield first;
    yield* this.#late;
  }

  push(entry: Entry<E>): void {
    const { no } = entry.segment;
    if (no >= this.newest) {
      this.newest = no;
      this.#entries.push(entry);
      return;
    }
    this.#late.add(entry);
    let at = this.#entries.length;
    while (at > this.#next && (this.#entries[at - 1]?.segment.no ?? 0) > no) at--;
    this.#entries.splice(at, 0, entry);
  }

  /** @param entry the next one */
  take(entry: Entry<E>): void {
    entry.state = "taken";
    this.#next++;
  }

  /** Something is done: steps over what is done at the front. */
  settle(): void {
    for (const entry of this.#late) if (entry.state === "done") this.#late.delete(entry);
    while (this.#first < this.#next && this.#entries[this.#first]?.state === "done") {
      this.#entries[this.#first] = undefined;
      this.#first++;
    }
    if (this.#first > MIN_CUT && this.#first * 2 > this.#entries.length) this.#cut();
  }

  raiseFloor(no: number): void {
    if (no > this.floor) this.floor = no;
    if (this.#overflow !== undefined && this.#overflow.segment.no < this.floor)
      this.#overflow = undefined;
  }

  /** Forgets what went before that time, ms since the Unix epoch: it is done all the same. */
  forgiveBefore(time: number): void {
    if (this.#overflow !== undefined && this.#overflow.to < time) this.#overflow = undefined;
  }

  overflow(at: number, segment: Segment): void {
    const { count = 0, from = at } = this.#overflow ?? {};
    this.#overflow = { count: count + 1, from, to: at, segment };
  }

  takeOverflow(): Overflow | undefined {
    const overflow = this.#overflow;
    this.#overflow = undefined;
    return overflow && { count: overflow.count, from: overflow.from, to: overflow.to };
  }

  #cut(): void {
    this.#entries = this.#entries.slice(this.#first);
    this.#next -= this.#first;
    this.#first = 0;
  }
}
