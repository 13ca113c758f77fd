import type { Entry } from "./batch.js";

export interface HistoryBounds {
  readonly historySize: number;
  readonly historyBytes: number;
  /** ms */
  readonly historyTtl: number;
}

/** A channel's newest messages, bounded in number, bytes and age. */
export class History {
  readonly #bounds: HistoryBounds;
  /** Those before `#head` are dropped already and wait to be cut off. */
  #entries: Entry[] = [];
  #head = 0;
  #bytes = 0;
  #droppedTo = 0;

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
    this.#bytes += entry.bytes;
    const { historySize, historyBytes } = this.#bounds;
    while (this.size > historySize || this.#bytes > historyBytes) this.#dropOldest();
    this.#cut();
  }

  /** Drops what is too old. */
  prune(now: number): void {
    const tooOld = now - this.#bounds.historyTtl;
    for (let oldest = this.#entries[this.#head]; oldest !== undefined && oldest.to <= tooOld; ) {
      this.#dropOldest();
      oldest = this.#entries[this.#head];
    }
    this.#cut();
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
