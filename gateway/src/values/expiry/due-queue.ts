interface Entry<T> {
  readonly item: T;
  due: number;
  /** The time at which its node stands in the heap: never later than `due`. */
  queued: number;
}

interface Node<T> {
  readonly id: string;
  readonly at: number;
  readonly entry: Entry<T>;
}

/** So many nodes may be out of date besides as many as there are entries. */
const SLACK = 64;

/**
 * Items by the time at which they are due, a bounded number of them. A time that is put off costs
 * nothing until the old one comes: keys whose expiry is extended with every write are the rule.
 */
export class DueQueue<T> {
  /** In the order in which they were set last. */
  readonly #entries = new Map<string, Entry<T>>();
  readonly #limit: number;
  #heap: Node<T>[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  dueOf(id: string): number | undefined {
    return this.#entries.get(id)?.due;
  }

  /** @returns whether the one that was set longest ago was dropped to make room */
  set(id: string, item: T, due: number): boolean {
    const known = this.#entries.get(id);
    this.#entries.delete(id);
    if (known !== undefined && known.queued <= due) {
      known.due = due;
      this.#entries.set(id, known);
      return false;
    }
    const isFull = this.#entries.size >= this.#limit;
    if (isFull) this.#dropOldest();
    const entry = { item, due, queued: due };
    this.#entries.set(id, entry);
    this.#push({ id, at: due, entry });
    this.#compact();
    return isFull;
  }

  delete(id: string): void {
    this.#entries.delete(id);
    this.#compact();
  }

  /** When the first one is due, or earlier; undefined where there is none. */
  get next(): number | undefined {
    return this.#settle()?.at;
  }

  /** Takes out those that are due, the first ones first. */
  take(now: number, limit: number): T[] {
    const taken: T[] = [];
    while (taken.length < limit) {
      const node = this.#settle();
      if (node === undefined || node.at > now) break;
      this.#pop();
      this.#entries.delete(node.id);
      taken.push(node.entry.item);
    }
    return taken;
  }

  #dropOldest(): void {
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  /** Puts in order what stands first; then it is due when it says. */
  #settle(): Node<T> | undefined {
    for (let node = this.#heap[0]; node !== undefined; node = this.#heap[0]) {
      const { id, at, entry } = node;
      if (this.#entries.get(id) !== entry) {
        this.#pop();
      } else if (entry.due > at) {
        this.#pop();
        entry.queued = entry.due;
        this.#push({ id, at: entry.due, entry });
      } else {
        return node;
      }
    }
    return undefined;
  }

  #compact(): void {
    if (this.#heap.length <= 2 * this.#entries.size + SLACK) return;
    const nodes: Node<T>[] = [];
    for (const [id, entry] of this.#entries) {
      entry.queued = entry.due;
      nodes.push({ id, at: entry.due, entry });
    }
    // A sorted array is a heap.
    this.#heap = nodes.sort((a, b) => a.at - b.at);
  }

  // A binary heap, the earliest first

  #push(node: Node<T>): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Node<T>;
      if (above.at <= node.at) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = node;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (
        child + 1 < heap.length &&
        (heap[child + 1] as Node<T>).at < (heap[child] as Node<T>).at
      ) {
        child++;
      }
      const below = heap[child] as Node<T>;
      if (below.at >= last.at) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}
