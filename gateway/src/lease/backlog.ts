import type { Places, Segment } from "./places.js";
import type { Event } from "./ports.js";
import { type Entry, type Overflow, Queue } from "./queue.js";

/** Bytes an entry takes besides its key and its names. */
const ENTRY_BYTES = 240;

export interface BacklogBounds {
  readonly entries: number;
  readonly bytes: number;
}

/**
 * The events of all parts that are not done: on the holder of a part those that its worker has, and
 * everywhere else those that the holder has not yet called done.
 *
 * Bound: what is not in the worker's hands is bounded by number and bytes; past it the oldest goes,
 * and is counted where it was. Adding, taking and finishing cost the same however much there is.
 */
export class Backlog<E extends Event> {
  readonly #bounds: BacklogBounds;
  readonly #parts: Queue<E>[][];
  #entries = 0;
  #bytes = 0;
  #underWay = 0;
  #underWayBytes = 0;
  #seq = 0;

  constructor(parts: number, bounds: BacklogBounds) {
    this.#bounds = bounds;
    this.#parts = Array.from({ length: parts }, () => []);
  }

  get entries(): number {
    return this.#entries;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** In the worker's hands. */
  get underWay(): number {
    return this.#underWay;
  }

  /** @returns undefined where it is known to be done already */
  add(part: number, places: Places, segment: Segment, event: E): Entry<E> | undefined {
    const queue = this.queueOf(part, places);
    if (segment.no < queue.floor) return undefined;
    this.#seq++;
    // An event has its key as text, too.
    const bytes = ENTRY_BYTES + 2 * event.key.length + event.event.length;
    const entry: Entry<E> = { event, segment, queue, seq: this.#seq, bytes, state: "waiting" };
    queue.push(entry);
    this.#entries++;
    this.#bytes += bytes;
    if (this.#isOver()) this.#drop();
    return entry;
  }

  take(entry: Entry<E>): void {
    entry.queue.take(entry);
    this.#underWay++;
    this.#underWayBytes += entry.bytes;
  }

  finish(entry: Entry<E>): void {
    if (entry.state !== "taken") return;
    entry.state = "done";
    this.#underWay--;
    this.#underWayBytes -= entry.bytes;
    this.#entries--;
    this.#bytes -= entry.bytes;
    entry.queue.settle();
  }

  /**
   * The oldest event of a part that nobody has taken.
   *
   * @param stops the segments from which on events of a node are not asked for
   */
  next(part: number, stops?: ReadonlyMap<Places, Segment>): Entry<E> | undefined {
    let first: Entry<E> | undefined;
    for (const queue of this.#queues(part)) {
      const entry = this.#nextOf(queue);
      if (entry === undefined || (first !== undefined && first.seq < entry.seq)) continue;
      const stop = stops?.get(queue.places);
      if (stop === undefined || entry.segment.no < stop.no) first = entry;
    }
    return first;
  }

  /** What the holder of a part said it has done of a node's events: all before this segment. */
  trim(part: number, places: Places, segment: Segment): void {
    const queue = this.queueOf(part, places);
    queue.raiseFloor(segment.no);
    for (let entry = this.#nextOf(queue); entry !== undefined; entry = this.#nextOf(queue)) {
      if (entry.segment.no >= segment.no) return;
    }
  }

  /** Forgets what waits of a part on one node: the node is no more, and all of it is done. */
  clear(part: number, places: Places): void {
    const queue = this.queueOf(part, places);
    queue.takeOverflow();
    for (let entry = queue.next; entry !== undefined; entry = queue.next) this.#forget(entry);
  }

  /** What is done by the time it came, ms since the Unix epoch: of all nodes' events. */
  trimBefore(part: number, time: number): void {
    for (const queue of this.#queues(part)) {
      queue.forgiveBefore(time);
      for (let entry = this.#nextOf(queue); entry !== undefined; entry = this.#nextOf(queue)) {
        if (entry.event.receivedAt >= time) break;
        this.#forget(entry);
      }
    }
  }

  /** The segment before which all of a part's events of a node are done. */
  doneBefore(queue: Queue<E>): Segment {
    const oldest = queue.oldest;
    const { passed } = queue.places;
    return oldest === undefined || oldest.no > passed.no ? passed : oldest;
  }

  /** When the oldest event of a part came that is not done, ms since the Unix epoch. */
  oldest(part: number): number | undefined {
    let oldest: number | undefined;
    for (const queue of this.#queues(part)) {
      const since = queue.since;
      if (since !== undefined && (oldest === undefined || since < oldest)) oldest = since;
    }
    return oldest;
  }

  /** What went for want of room, once. */
  overflowOf(part: number): Overflow | undefined {
    let sum: Overflow | undefined;
    for (const queue of this.#queues(part)) {
      const one = queue.takeOverflow();
      if (one === undefined) continue;
      sum =
        sum === undefined
          ? one
          : {
              count: sum.count + one.count,
              from: Math.min(sum.from, one.from),
              to: Math.max(sum.to, one.to),
            };
    }
    return sum;
  }

  queues(part: number): readonly Queue<E>[] {
    return this.#queues(part);
  }

  queueOf(part: number, places: Places): Queue<E> {
    const queues = this.#queues(part);
    for (const queue of queues) if (queue.places === places) return queue;
    const queue = new Queue<E>(places);
    queues.push(queue);
    return queue;
  }

  /** Lets go of what is known of a node that is not there any more; false while it has events. */
  forgetNode(places: Places): boolean {
    const isUsed = this.#parts.some((queues) =>
      queues.some((queue) => queue.places === places && !queue.isEmpty),
    );
    if (isUsed) return false;
    for (const [part, queues] of this.#parts.entries()) {
      this.#parts[part] = queues.filter((queue) => queue.places !== places);
    }
    return true;
  }

  #queues(part: number): Queue<E>[] {
    return this.#parts[part] ?? [];
  }

  /** The first that waits, those below the floor forgotten. */
  #nextOf(queue: Queue<E>): Entry<E> | undefined {
    for (let entry = queue.next; entry !== undefined; entry = queue.next) {
      if (entry.segment.no >= queue.floor) return entry;
      this.#forget(entry);
    }
    return undefined;
  }

  #forget(entry: Entry<E>): void {
    entry.queue.take(entry);
    entry.state = "done";
    this.#entries--;
    this.#bytes -= entry.bytes;
    entry.queue.settle();
  }

  #isOver(): boolean {
    return (
      this.#entries - this.#underWay > this.#bounds.entries ||
      this.#bytes - this.#underWayBytes > this.#bounds.bytes
    );
  }

  /** There is no list of all: it is rare, and there are few queues to look at. */
  #drop(): void {
    let oldest: Entry<E> | undefined;
    for (let part = 0; part < this.#parts.length; part++) {
      const entry = this.next(part);
      if (entry !== undefined && (oldest === undefined || entry.seq < oldest.seq)) oldest = entry;
    }
    if (oldest === undefined) return;
    const { event, queue, segment } = oldest;
    this.#forget(oldest);
    queue.overflow(event.receivedAt, segment);
  }
}
