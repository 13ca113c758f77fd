import type { Entry } from "./batch.js";
import { ALIGNMENT, Blocks, type Region } from "./blocks.js";
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

/** A message but for its offset, and what all messages of a channel have in common. */
export interface Kept extends Omit<Entry, "offset" | "text"> {
  /** What it says behind its offset. */
  readonly tail: string;
}

/** Where things stand in a record, bytes: two moments of eight bytes, two lengths of four, and the tail. */
const FROM = 0;
const TO = 8;
const TAIL_BYTES = 16;
const BYTES = 20;
const TYPE = 24;
const TAIL = 25;

const TYPES = ["event", "gap", "snapshot"] as const;

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

  constructor(bounds: HistoryBounds) {
    this.#bounds = bounds;
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
   * @param tailBytes of the tail in UTF-8
   */
  push(entry: Entry, tail: string, tailBytes: number): void {
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
    const length = lengthFor(tailBytes);
    const region = this.#regionFor(length);
    write(region, this.#end, entry, tail, tailBytes);
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
    for (let at = this.#start; at < this.#end; at += lengthAt(region, at)) {
      if (left <= count) kept.push(read(region, at));
      left -= 1;
    }
    return kept;
  }

  #dateOfOldest(): number {
    return this.#region?.doubles[(this.#start + TO) / 8] ?? 0;
  }

  #dropOldest(): void {
    const region = this.#region;
    if (region === undefined) return;
    const at = this.#start;
    const to = this.#dateOfOldest();
    const length = lengthAt(region, at);
    this.#start = at + length;
    this.#size -= 1;
    this.#bytes -= region.words[(at + BYTES) / 4] ?? 0;
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

function lengthFor(tailBytes: number): number {
  return Math.ceil((TAIL + tailBytes) / ALIGNMENT) * ALIGNMENT;
}

function lengthAt({ words }: Region, at: number): number {
  return lengthFor(words[(at + TAIL_BYTES) / 4] ?? 0);
}

function write(
  { bytes, doubles, words }: Region,
  at: number,
  entry: Entry,
  tail: string,
  tailBytes: number,
): void {
  doubles[(at + FROM) / 8] = entry.from;
  doubles[(at + TO) / 8] = entry.to;
  words[(at + TAIL_BYTES) / 4] = tailBytes;
  words[(at + BYTES) / 4] = entry.bytes;
  bytes[at + TYPE] = TYPES.indexOf(entry.type);
  // As many bytes as characters: all of it is ASCII, and copied faster as such.
  bytes.write(tail, at + TAIL, tailBytes === tail.length ? "latin1" : "utf8");
}

function read({ bytes, doubles, words }: Region, at: number): Kept {
  const tailBytes = words[(at + TAIL_BYTES) / 4] ?? 0;
  return {
    type: TYPES[bytes[at + TYPE] ?? 0] ?? "event",
    tail: bytes.toString("utf8", at + TAIL, at + TAIL + tailBytes),
    bytes: words[(at + BYTES) / 4] ?? 0,
    from: doubles[(at + FROM) / 8] ?? 0,
    to: doubles[(at + TO) / 8] ?? 0,
  };
}
