import type { Entry } from "./batch.js";
import type { Retention } from "./retention.js";

export interface HistoryBounds {
  readonly historySize: number;
  readonly historyBytes: number;
  /** ms */
  readonly historyTtl: number;
  /** Of all channels together. */
  readonly retention: Retention;
}

const NONE: readonly Entry[] = [];

/**
 * A channel's newest messages: those that wait to be handed out, and of those that were, as many as the
 * bounds in number, bytes and age allow, and what all channels keep together.
 */
export class History {
  /** Those before `#head` are dropped already and wait to be cut off. */
  #entries: Entry[] = [];
  #head = 0;
  /** How many of the last ones have not been handed out. */
  #waiting = 0;
  #bytes = 0;
  #droppedTo = 0;
  readonly #bounds: HistoryBounds;

  constructor(bounds: HistoryBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#entries.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The offset of the oldest message that is kept; undefined where none is. */
  get first(): number | undefined {
    return this.#entries[this.#head]?.offset;
  }

  /**
   * Up to when something happened that is not kept any more, ms since the Unix epoch; 0 for nothing.
   * What was held back stands behind what happened later, so the newest message is not always the last.
   */
  get droppedTo(): number {
    return this.#droppedTo;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#waiting += 1;
    this.#bytes += entry.bytes;
    this.#bounds.retention.add(entry.bytes, entry.to);
  }

  /** What was pushed since it was asked last. */
  take(): readonly Entry[] {
    if (this.#waiting === 0) return NONE;
    const taken = this.#entries.slice(-this.#waiting);
    this.#waiting = 0;
    const { historySize, historyBytes } = this.#bounds;
    while (this.size > historySize || this.#bytes > historyBytes) this.#dropOldest();
    this.#cut();
    return taken;
  }

  /** Drops what is too old. */
  prune(now: number): void {
    this.dropTo(now - this.#bounds.historyTtl);
  }

  /**
   * Drops what happened up to a moment, ms since the Unix epoch, but for what waits.
   *
   * @param now what is later than that is of before the clock was set back, and goes as well
   * @returns how many messages
   */
  dropTo(moment: number, now = Number.POSITIVE_INFINITY): number {
    const before = this.size;
    while (this.size > this.#waiting) {
      const { to } = this.#entries[this.#head] ?? { to: 0 };
      if (to > moment && to <= now) break;
      this.#dropOldest();
    }
    this.#cut();
    return before - this.size;
  }

  /** Drops all, what waits as well. */
  clear(): void {
    this.#waiting = 0;
    this.dropTo(Number.POSITIVE_INFINITY);
  }

  /** The messages behind an offset, of those that are kept. */
  after(offset: number): readonly Entry[] {
    const first = this.first ?? 0;
    return this.#entries.slice(this.#head + Math.max(0, offset + 1 - first));
  }

  #dropOldest(): void {
    const oldest = this.#entries[this.#head];
    if (oldest === undefined) return;
    this.#bytes -= oldest.bytes;
    this.#bounds.retention.remove(oldest.bytes, oldest.to);
    this.#droppedTo = Math.max(this.#droppedTo, oldest.to);
    this.#head += 1;
  }

  /** Cutting off one at a time would move all the others each time. */
  #cut(): void {
    if (this.#head === 0 || this.#head * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}
