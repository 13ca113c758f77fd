/** Below this many taken items the array is not worth cutting. */
const CUT = 1_024;

/** First in, first out; taking from the front of a long array would move all the rest. */
export class Fifo<T> {
  #items: T[] = [];
  #taken = 0;

  get length(): number {
    return this.#items.length - this.#taken;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The front item, which stays. */
  peek(): T | undefined {
    return this.#items[this.#taken];
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#taken++];
    if (this.#taken === this.#items.length) this.#reset([]);
    else if (this.#taken >= CUT && this.#taken * 2 > this.#items.length) {
      this.#reset(this.#items.slice(this.#taken));
    }
    return item;
  }

  /** Takes all. */
  drain(): T[] {
    const items = this.#items.slice(this.#taken);
    this.#reset([]);
    return items;
  }

  #reset(items: T[]): void {
    this.#items = items;
    this.#taken = 0;
  }
}
