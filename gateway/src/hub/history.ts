import type { Entry } from "./batch.js";
import { Blocks, type Region } from "./blocks.js";
import type { EventTail } from "./event-text.js";
import {
  bytesAt,
  dateAt,
  type Kept,
  type KeyForm,
  readRecord,
  recordLength,
  recordLengthAt,
  writeRecord,
} from "./record.js";
import type { Retention } from "./retention.js";

export interface HistoryBounds {
  readonly historySize: number;
  readonly historyBytes: number;
  /** ms */
  readonly historyTtl: number;
  /** Of all channels together. */
  readonly retention: Retention;
  /** Where all channels keep what they keep. */
  readonly blocks: Blocks;
}

/** How much of a block is in use at the most where its records were moved. */
const TIDY = 7 / 8;
/** What uses no more of its block goes to a smaller one, where there is one. */
const SPARSE = 1 / 2;

/**
 * A channel's newest messages, as many as the bounds in number, bytes and age allow, and what all channels
 * keep together: records one behind the other in a block of memory outside the heap.
 */
export class History {
  #region: Region | undefined;
  /** Where the block begins, the oldest record begins, and the newest one ends: bytes of the region. */
  #block = 0;
  #start = 0;
  #end = 0;
  #size = 0;
  #bytes = 0;
  #droppedTo = 0;
  readonly #bounds: HistoryBounds;
  readonly #keys: KeyForm;

  /** @param keys what need not be said of an event's key */
  constructor(bounds: HistoryBounds, keys: KeyForm) {
    this.#bounds = bounds;
    this.#keys = keys;
  }

  get size(): number {
    return this.#size;
  }

  /** Of the messages that are kept, in UTF-8. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Up to when something happened that is not kept any more, ms since the Unix epoch; 0 for nothing.
   * What was held back stands behind what happened later, so the newest message is not always the last.
   */
  get droppedTo(): number {
    return this.#droppedTo;
  }

  /** See `SourceListener`. */
  lookAhead(): number {
    return this.#region?.bytes[this.#end] ?? 0;
  }

  /**
   * Keeps one more; older ones may have to go for it.
   *
   * @param tail what the message says behind its offset
   */
  push(entry: Entry, tail: EventTail): void {
    const { historySize, historyBytes, retention } = this.#bounds;
    const { bytes, to } = entry;
    while (this.#size > 0 && (this.#size >= historySize || this.#bytes + bytes > historyBytes)) {
      this.#dropOldest();
    }
    if (historySize === 0 || bytes > historyBytes) {
      this.#droppedTo = Math.max(this.#droppedTo, to);
      this.#shrink();
      return;
    }
    const length = recordLength(entry, tail, this.#keys);
    const region = this.#regionFor(length);
    writeRecord(region, this.#end, entry, tail, this.#keys);
    this.#end += length;
    this.#size += 1;
    this.#bytes += bytes;
    retention.add(length, to);
  }

  /** Drops what is too old. */
  prune(now: number): void {
    this.dropTo(now - this.#bounds.historyTtl);
  }

  /**
   * Drops what happened up to a moment, ms since the Unix epoch.
   *
   * @param now what is later than that is of before the clock was set back, and goes as well
   * @returns how many messages
   */
  dropTo(moment: number, now = Number.POSITIVE_INFINITY): number {
    const before = this.#size;
    while (this.#size > 0) {
      const to = this.#dateOfOldest();
      if (to > moment && to <= now) break;
      this.#dropOldest();
    }
    this.#shrink();
    return before - this.#size;
  }

  /** Drops all. */
  clear(): void {
    this.dropTo(Number.POSITIVE_INFINITY);
  }

  /** The newest messages, so many or as many as are kept, the oldest of them first. */
  newest(count: number): Kept[] {
    const region = this.#region;
    if (region === undefined) return [];
    const kept: Kept[] = [];
    let left = this.#size;
    for (let at = this.#start; at < this.#end; at += recordLengthAt(region, at)) {
      if (left <= count) kept.push(readRecord(region, at));
      left -= 1;
    }
    return kept;
  }

  #dateOfOldest(): number {
    return this.#region === undefined ? 0 : dateAt(this.#region, this.#start);
  }

  #dropOldest(): void {
    const region = this.#region;
    if (region === undefined) return;
    const at = this.#start;
    const [to, length] = [dateAt(region, at), recordLengthAt(region, at)];
    this.#start = at + length;
    this.#size -= 1;
    this.#bytes -= bytesAt(region, at);
    this.#droppedTo = Math.max(this.#droppedTo, to);
    this.#bounds.retention.remove(length, to);
  }

  /** The region where a record of that length has room behind the newest one. */
  #regionFor(length: number): Region {
    const region = this.#region;
    const used = this.#end - this.#start;
    if (region === undefined) return this.#moveTo(Blocks.sizeFor(length));
    const isSparse = used + length <= region.size * SPARSE;
    if (!isSparse && this.#end + length <= this.#block + region.size) return region;
    const size = Blocks.sizeFor((used + length) / TIDY);
    if (size !== region.size) return this.#moveTo(size);
    region.bytes.copyWithin(this.#block, this.#start, this.#end);
    this.#start = this.#block;
    this.#end = this.#block + used;
    return region;
  }

  #shrink(): void {
    const region = this.#region;
    if (region === undefined) return;
    const used = this.#end - this.#start;
    if (used === 0) this.#giveBack(region);
    else if (used <= region.size * SPARSE || this.#bounds.blocks.isToEmpty(region)) {
      this.#moveTo(Math.min(region.size, Blocks.sizeFor(used / TIDY)));
    }
  }

  /** @returns the region of the block, which is of that size */
  #moveTo(size: number): Region {
    const { region, at } = this.#bounds.blocks.take(size);
    const [old, start, used] = [this.#region, this.#start, this.#end - this.#start];
    if (old !== undefined) {
      old.bytes.copy(region.bytes, at, start, this.#end);
      this.#giveBack(old);
    }
    this.#region = region;
    this.#block = at;
    this.#start = at;
    this.#end = at + used;
    return region;
  }

  #giveBack(region: Region): void {
    this.#bounds.blocks.give(region, this.#block);
    this.#region = undefined;
    this.#start = this.#end = 0;
  }
}
