/** What the items of a ring may weigh together, in a unit of the owner's own. */
export interface Load<T> {
  readonly most: number;
  readonly weigh: (item: T) => number;
}

const WEIGHTLESS: Load<unknown> = { most: 0, weigh: () => 0 };

/** The newest `capacity` items, oldest first: pushing past the capacity drops the oldest. */
export class Ring<T> {
  readonly capacity: number;
  readonly #load: Load<T>;
  #weight = 0;
  #items: (T | undefined)[] = [];
  /** Where the oldest item is. */
  #start = 0;
  #size = 0;

  constructor(capacity: number, load: Load<T> = WEIGHTLESS) {
    this.capacity = capacity;
    this.#load = load;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds the newest item; answers the one that had to go for it. */
  push(item: T): T | undefined {
    const dropped = this.#size === this.capacity ? this.shift() : undefined;
    this.#items[(this.#start + this.#size) % this.capacity] = item;
    this.#size++;
    this.#weight += this.#load.weigh(item);
    return dropped;
  }

  /** Takes the oldest item out where all weigh too much; a last one may weigh what it likes. */
  relieve(): T | undefined {
    return this.#weight > this.#load.most && this.#size > 1 ? this.shift() : undefined;
  }

  /** Takes the oldest item out. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#start];
    this.#items[this.#start] = undefined;
    this.#start = (this.#start + 1) % this.capacity;
    this.#size--;
    if (item !== undefined) this.#weight -= this.#load.weigh(item);
    return item;
  }

  /** The item at `index`, 0 being the oldest. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#size) return undefined;
    return this.#items[(this.#start + index) % this.capacity];
  }

  /** The item at `index`, 0 being the newest. */
  fromNewest(index: number): T | undefined {
    return this.at(this.#size - 1 - index);
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let index = 0; index < this.#size; index++) {
      const item = this.at(index);
      if (item !== undefined) yield item;
    }
  }

  clear(): void {
    this.#items = [];
    this.#start = 0;
    this.#size = 0;
    this.#weight = 0;
  }
}
