import { type Item, sizeOf } from "./item.js";

/** Items in their order, in memory, with the bytes they take. */
export class Backlog {
  #items: Item[] = [];
  #head = 0;
  #bytes = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get first(): Item | undefined {
    return this.#items[this.#head];
  }

  get last(): Item | undefined {
    return this.length === 0 ? undefined : this.#items.at(-1);
  }

  push(item: Item): void {
    this.#items.push(item);
    this.#bytes += sizeOf(item);
  }

  /** Puts items back before all others. */
  unshift(items: readonly Item[]): void {
    if (items.length === 0) return;
    this.#items = [...items, ...this.#items.slice(this.#head)];
    this.#head = 0;
    for (const item of items) this.#bytes += sizeOf(item);
  }

  shift(): Item | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    this.#bytes -= sizeOf(item);
    // What was taken makes room once it is the larger part: each is moved once at the most.
    if (this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes the last one. */
  pop(): Item | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items.pop();
    if (item !== undefined) this.#bytes -= sizeOf(item);
    return item;
  }

  /** The first ones, up to a number and a size in bytes, but one at least. */
  take(most: number, mostBytes: number): Item[] {
    const taken: Item[] = [];
    let bytes = 0;
    for (let item = this.first; item !== undefined && taken.length < most; item = this.first) {
      bytes += sizeOf(item);
      if (taken.length > 0 && bytes > mostBytes) break;
      taken.push(item);
      this.shift();
    }
    return taken;
  }
}
