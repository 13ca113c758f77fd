import { Ring } from "./ring.js";
import { type Entry, lengthOf, type Row, toRow } from "./row.js";

/** How many rows the log keeps, and how many wait while it is held. */
export const LOG_CAPACITY = 10_000;

/** Characters of keys that the rows may have together, and as many those that wait: a byte of memory each, or two. */
export const LOG_CHARACTERS = 32 * 1_024 ** 2;

/**
 * What the event table shows: the newest rows, those of them that pass the filter, and the rows
 * that wait while somebody reads. Plain data at a constant cost per event; who paints, asks.
 */
export class EventLog {
  readonly #rows: Ring<Row>;
  /** Those of `#rows` that pass the filter, in the same order. */
  readonly #shown: Ring<Row>;
  readonly #waiting: Ring<Row>;
  readonly #counts = new Map<string, number>();
  #filter: ReadonlySet<string> = new Set();
  #held = false;
  #received = 0;
  #arrived = 0;
  #nextId = 0;

  constructor(capacity: number = LOG_CAPACITY, characters: number = LOG_CHARACTERS) {
    const load = { most: characters, weigh: lengthOf };
    this.#rows = new Ring(capacity, load);
    this.#shown = new Ring(capacity);
    this.#waiting = new Ring(capacity, load);
  }

  add(entry: Entry): void {
    const row = toRow(this.#nextId++, entry);
    if (row.kind === "event") this.#received++;
    if (this.#held) {
      this.#waiting.push(row);
      while (this.#waiting.relieve());
      this.#arrived++;
    } else this.#append(row);
  }

  /** Events since the start or the last `clear`, kept or not. */
  get received(): number {
    return this.#received;
  }

  get held(): boolean {
    return this.#held;
  }

  /** Rows that came while held; only the newest of them, as many as the log keeps, are still there. */
  get waiting(): number {
    return this.#arrived;
  }

  /** Rows that pass the filter. */
  get size(): number {
    return this.#shown.size;
  }

  /** Rows kept, whether or not they pass the filter. */
  get kept(): number {
    return this.#rows.size;
  }

  /** The row at `index` among those that pass the filter, 0 being the newest. */
  at(index: number): Row | undefined {
    return this.#shown.fromNewest(index);
  }

  /** Where the row with this id is among those that pass the filter, 0 being the newest; -1 if nowhere. */
  indexOf(id: number): number {
    let low = 0;
    let high = this.size - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.at(middle)?.id ?? -1;
      if (found === id) return middle;
      // Ids go down from the newest on.
      if (found > id) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** The rows that pass the filter, oldest first. */
  shown(): Iterable<Row> {
    return this.#shown;
  }

  /** How many kept rows each event name has, in the order in which the names came up. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  get filter(): ReadonlySet<string> {
    return this.#filter;
  }

  /** Stops rows from moving: what comes from now on waits. */
  hold(): void {
    this.#held = true;
  }

  /** Takes in what waited. */
  release(): void {
    this.#held = false;
    for (const row of this.#waiting) this.#append(row);
    this.#forgetWaiting();
  }

  /** Shows only these event names, all where empty; gaps and notices are always shown. */
  setFilter(events: ReadonlySet<string>): void {
    this.#filter = events;
    this.#shown.clear();
    for (const row of this.#rows) if (this.#passes(row)) this.#shown.push(row);
  }

  clear(): void {
    this.#rows.clear();
    this.#shown.clear();
    this.#counts.clear();
    this.#forgetWaiting();
    this.#received = 0;
  }

  #forgetWaiting(): void {
    this.#waiting.clear();
    this.#arrived = 0;
  }

  #append(row: Row): void {
    const dropped = this.#rows.push(row);
    if (dropped !== undefined) this.#forget(dropped);
    this.#count(row, 1);
    if (this.#passes(row)) this.#shown.push(row);
    for (let old = this.#rows.relieve(); old; old = this.#rows.relieve()) this.#forget(old);
  }

  #forget(row: Row): void {
    this.#count(row, -1);
    if (this.#shown.at(0) === row) this.#shown.shift();
  }

  #count(row: Row, step: 1 | -1): void {
    if (row.kind !== "event") return;
    const { event } = row.message;
    const count = (this.#counts.get(event) ?? 0) + step;
    if (count === 0) this.#counts.delete(event);
    else this.#counts.set(event, count);
  }

  #passes(row: Row): boolean {
    return row.kind !== "event" || this.#filter.size === 0 || this.#filter.has(row.message.event);
  }
}
