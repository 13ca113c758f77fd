import { randomFillSync } from "node:crypto";
import { look } from "@keywire/shared";

/** Places in an empty map; always a power of two. */
const FEWEST_PLACES = 16;
/** Bytes of names that there is room for at first. */
const FEWEST_BYTES = 256;
/** What a place holds, one number each: together, so that they are in one line of the processor's cache. */
const FIELDS = 4;
const HASH = 0;
/** Where the name begins in the names' bytes, and how long it is. */
const START = 1;
const LENGTH = 2;
/** Which value it stands for, from 1 on. */
const VALUE = 3;
const UNUSED = 0;
/** Was taken, so that whoever looks for a name goes on behind it. */
const LEFT = -1;
/** No other process has the same: whoever chooses names cannot have them fall together. */
const SECRETS = randomFillSync(new Int32Array(256));

/**
 * A map whose names are bytes, found where they stand in a larger piece: no text is made of them, and of
 * ten thousand names nearly all that finding one takes is in the processor's cache.
 */
export class ByteMap<T> {
  #places = new Int32Array(FEWEST_PLACES * FIELDS);
  #names = Buffer.alloc(FEWEST_BYTES);
  /** Where the next name goes. */
  #end = 0;
  /** The first one is nobody's. */
  readonly #values: (T | undefined)[] = [undefined];
  /** Values that are nobody's any more. */
  readonly #free: number[] = [];
  #size = 0;
  /** Places that are not unused. */
  #used = 0;
  /** Of names that are looked for together. */
  #hashes = new Int32Array(FEWEST_PLACES);

  get size(): number {
    return this.#size;
  }

  /** Bytes that it takes, but for the values. */
  get memory(): number {
    return this.#names.length + this.#places.byteLength;
  }

  /** What the bytes from `from` to before `to` stand for. */
  get(data: Uint8Array, from = 0, to = data.length): T | undefined {
    const at = this.#find(data, from, to, hashOf(SECRETS, data, from, to));
    return at < 0 ? undefined : this.#values[this.#places[at + VALUE] ?? 0];
  }

  /**
   * What several names in the same bytes stand for. One step is done for all of them before the next one, so that
   * the processor fetches what several need at once.
   *
   * @param spans where each begins, and where it ends
   */
  getAll(data: Uint8Array, spans: Uint32Array, count: number): (T | undefined)[] {
    const hashes = this.#hashesOf(data, spans, count);
    this.#lookAhead(hashes, count);
    const found: (T | undefined)[] = [];
    for (let index = 0; index < count; index++) {
      const [from, to] = [spans[2 * index] ?? 0, spans[2 * index + 1] ?? 0];
      const at = this.#find(data, from, to, hashes[index] ?? 0);
      found.push(at < 0 ? undefined : this.#values[this.#places[at + VALUE] ?? 0]);
    }
    return found;
  }

  #hashesOf(data: Uint8Array, spans: Uint32Array, count: number): Int32Array {
    if (count > this.#hashes.length) this.#hashes = new Int32Array(count);
    const hashes = this.#hashes;
    for (let index = 0; index < count; index++) {
      hashes[index] = hashOf(SECRETS, data, spans[2 * index] ?? 0, spans[2 * index + 1] ?? 0);
    }
    return hashes;
  }

  /** Looks at the places of names with these hashes, and at the names that stand there, mostly the same. */
  #lookAhead(hashes: Int32Array, count: number): void {
    const [places, names] = [this.#places, this.#names];
    const last = places.length - 1;
    let seen = 0;
    for (let index = 0; index < count; index++) {
      seen += places[firstOf(hashes[index] ?? 0, last) + VALUE] ?? 0;
    }
    for (let index = 0; index < count; index++) {
      seen += names[places[firstOf(hashes[index] ?? 0, last) + START] ?? 0] ?? 0;
    }
    look(seen);
  }

  set(name: Uint8Array, value: T): void {
    const hash = hashOf(SECRETS, name, 0, name.length);
    const at = this.#find(name, 0, name.length, hash);
    if (at >= 0) {
      this.#values[this.#places[at + VALUE] ?? 0] = value;
      return;
    }
    const number = this.#free.pop() ?? this.#values.length;
    this.#values[number] = value;
    // At least half of the places are unused, so that looking for a name soon ends.
    const isFull = (this.#used + 1) * 2 * FIELDS > this.#places.length;
    if (isFull || this.#end + name.length > this.#names.length) this.#rebuild(name.length);
    this.#size += 1;
    this.#insert(name, hash, number);
  }

  /** @returns whether it was there */
  delete(name: Uint8Array): boolean {
    const at = this.#find(name, 0, name.length, hashOf(SECRETS, name, 0, name.length));
    if (at < 0) return false;
    const number = this.#places[at + VALUE] ?? 0;
    this.#values[number] = undefined;
    this.#free.push(number);
    this.#places[at + VALUE] = LEFT;
    this.#size -= 1;
    return true;
  }

  /** @returns where the name's place begins; negative where it has none */
  #find(data: Uint8Array, from: number, to: number, hash: number): number {
    const places = this.#places;
    const last = places.length - 1;
    for (let at = firstOf(hash, last); ; at = (at + FIELDS) & last) {
      const value = places[at + VALUE];
      if (value === UNUSED) return -1;
      if (value === LEFT || places[at + HASH] !== hash) continue;
      if (
        places[at + LENGTH] === to - from &&
        this.#isAt(places[at + START] ?? 0, data, from, to)
      ) {
        return at;
      }
    }
  }

  #isAt(start: number, data: Uint8Array, from: number, to: number): boolean {
    const names = this.#names;
    for (let at = from; at < to; at++) if (names[start + at - from] !== data[at]) return false;
    return true;
  }

  /** Of a name that is not there, and that there is room for. */
  #insert(name: Uint8Array, hash: number, number: number): void {
    const places = this.#places;
    const last = places.length - 1;
    let at = firstOf(hash, last);
    while (places[at + VALUE] !== UNUSED) at = (at + FIELDS) & last;
    places[at + HASH] = hash;
    places[at + START] = this.#end;
    places[at + LENGTH] = name.length;
    places[at + VALUE] = number;
    this.#names.set(name, this.#end);
    this.#end += name.length;
    this.#used += 1;
  }

  /** Makes room for one more, and drops what is left of those that were deleted. */
  #rebuild(more: number): void {
    const [places, names] = [this.#places, this.#names];
    const there: number[] = [];
    let bytes = more;
    for (let at = 0; at < places.length; at += FIELDS) {
      if ((places[at + VALUE] ?? 0) <= 0) continue;
      there.push(at);
      bytes += places[at + LENGTH] ?? 0;
    }
    let count = FEWEST_PLACES;
    while (count < (there.length + 1) * 3) count *= 2;
    this.#places = new Int32Array(count * FIELDS);
    this.#names = Buffer.alloc(Math.max(FEWEST_BYTES, bytes * 2));
    this.#end = this.#used = 0;
    for (const at of there) {
      const start = places[at + START] ?? 0;
      const name = names.subarray(start, start + (places[at + LENGTH] ?? 0));
      this.#insert(name, places[at + HASH] ?? 0, places[at + VALUE] ?? 0);
    }
  }
}

/** Where the place begins that a name with the hash takes if nobody has it. */
function firstOf(hash: number, last: number): number {
  return (hash << 2) & last;
}

/**
 * FNV-1a with a secret number for each byte, mixed at the end as murmur3 does, so that its lower bits depend on
 * all. A secret to begin with would not do: names that fall together for one do for every 256th.
 */
export function hashOf(secrets: Int32Array, data: Uint8Array, from: number, to: number): number {
  let hash = 0;
  for (let at = from; at < to; at++) {
    hash = Math.imul(hash ^ (secrets[data[at] ?? 0] ?? 0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
