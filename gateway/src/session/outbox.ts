import type { Messages } from "./ports.js";

/** What waits for a client that is slower than what it subscribed to. */
type Item = string | Messages | Hole;

/** Messages of one channel that were dropped, one stretch of offsets. */
interface Hole {
  readonly hole: true;
  readonly channel: string;
  readonly first: number;
  readonly last: number;
  readonly from: number;
  readonly to: number;
}

/** JSON's punctuation around a gap, at most, in bytes; it keeps the holes themselves bounded. */
const HOLE_BYTES = 200;

/**
 * A client's queue, bounded in bytes. At the bound the newest state wins: the queued messages of
 * every channel are dropped, and for each channel one `slow_consumer` gap says which offsets.
 */
export class Outbox {
  readonly #limit: number;
  #items: Item[] = [];
  #bytes = 0;
  #dropped = 0;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  get isOver(): boolean {
    return this.#bytes > this.#limit;
  }

  /** Messages dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  push(item: string | Messages): void {
    this.#items.push(item);
    this.#bytes += sizeOf(item);
  }

  /** Makes holes of the queued messages of channels; the session's own messages stay. */
  shed(): void {
    const holes = new Map<string, Hole>();
    const kept: Item[] = [];
    for (const item of this.#items) {
      if (typeof item === "string") {
        kept.push(item);
        continue;
      }
      if (!isHole(item)) this.#dropped += item.last - item.first + 1;
      const before = holes.get(item.channel);
      // A channel that was subscribed anew in between counts from another offset.
      const isNext = before !== undefined && item.first === before.last + 1;
      const hole = isNext ? join(before, holeOf(item)) : holeOf(item);
      if (isNext) kept.splice(kept.indexOf(before), 1);
      holes.set(item.channel, hole);
      kept.push(hole);
    }
    this.#items = kept;
    this.#bytes = kept.reduce((bytes, item) => bytes + sizeOf(item), 0);
  }

  /** Drops what is queued of a channel that the client left. */
  forget(channel: string): void {
    this.#items = this.#items.filter(
      (item) => typeof item === "string" || item.channel !== channel,
    );
    this.#bytes = this.#items.reduce((bytes, item) => bytes + sizeOf(item), 0);
  }

  /** All that is queued, in order, with the gaps for what was dropped. */
  take(): (string | Messages)[] {
    const items = this.#items.map((item) =>
      typeof item === "string" || !isHole(item) ? item : gapOf(item),
    );
    this.#items = [];
    this.#bytes = 0;
    return items;
  }
}

function isHole(item: Messages | Hole): item is Hole {
  return "hole" in item;
}

function sizeOf(item: Item): number {
  if (typeof item === "string") return item.length;
  return isHole(item) ? HOLE_BYTES + item.channel.length : item.bytes;
}

function holeOf(item: Messages | Hole): Hole {
  if (isHole(item)) return item;
  const { channel, first, last, entries } = item;
  const from = entries.reduce(
    (least, entry) => Math.min(least, entry.from),
    Number.MAX_SAFE_INTEGER,
  );
  const to = entries.reduce((most, entry) => Math.max(most, entry.to), 0);
  return { hole: true, channel, first, last, from, to };
}

function join(a: Hole, b: Hole): Hole {
  return { ...a, last: b.last, from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) };
}

/** A gap of one client stands for the messages it did not get, and bears the last one's offset. */
function gapOf({ channel, first, last, from, to }: Hole): string {
  const missed = last - first + 1;
  return JSON.stringify({
    type: "gap",
    channel,
    offset: last,
    reason: "slow_consumer",
    from,
    to,
    missed,
  });
}
