import type { ByteSet } from "./byte-set.js";

/**
 * The places of a glob that can be reached at once by the same bytes: bit i of word i / 32 is
 * place i.
 */
export type Places = Uint32Array<ArrayBuffer>;

/** A glob's automaton made deterministic, one step at a time: its states are sets of places. */
export class SubsetAutomaton {
  /** How many words a state has. */
  readonly words: number;
  readonly #last: number;
  readonly #loops: Places;
  readonly #takers: readonly Places[];

  /**
   * @param sets what each place takes
   * @param loops the places that loop
   * @param bytes the bytes that it can be fed, by their index
   */
  constructor(sets: readonly ByteSet[], loops: readonly number[], bytes: readonly number[]) {
    this.#last = sets.length;
    this.words = (sets.length >>> 5) + 1;
    this.#loops = this.#places(loops);
    this.#takers = bytes.map((byte) =>
      this.#places(sets.flatMap((set, place) => (set.has(byte) ? place : []))),
    );
  }

  start(): Places {
    return this.#places([0]);
  }

  /** The places reached from these by the byte with this index. */
  step(from: Places, index: number): Places {
    const takers = this.#takers[index] ?? from;
    const next = new Uint32Array(this.words);
    let carry = 0;
    for (let word = 0; word < this.words; word++) {
      const here = from[word] ?? 0;
      const moved = here & (takers[word] ?? 0);
      next[word] = (moved << 1) | carry | (here & (this.#loops[word] ?? 0));
      carry = moved >>> 31;
    }
    this.#forgetBehindLoop(next);
    return next;
  }

  accepts(places: Places): boolean {
    return has(places, this.#last);
  }

  /** Whether everything is accepted from here on. */
  acceptsAll(places: Places): boolean {
    return has(places, this.#last) && has(this.#loops, this.#last);
  }

  /** A place that loops takes all that earlier places take: they all lead through it. */
  #forgetBehindLoop(places: Places): void {
    for (let word = this.words - 1; word >= 0; word--) {
      const looping = (places[word] ?? 0) & (this.#loops[word] ?? 0);
      if (looping === 0) continue;
      places[word] = (places[word] ?? 0) & (-1 << (31 - Math.clz32(looping)));
      places.fill(0, 0, word);
      return;
    }
  }

  #places(list: readonly number[]): Places {
    const places = new Uint32Array(this.words);
    for (const place of list) {
      places[place >>> 5] = (places[place >>> 5] ?? 0) | (1 << (place & 31));
    }
    return places;
  }
}

export function isEmpty(places: Places): boolean {
  return places.every((word) => word === 0);
}

/** Whether all of `some` are among `places`. */
export function isSubset(some: Places, places: Places): boolean {
  return some.every((word, index) => (word & ~(places[index] ?? 0)) === 0);
}

function has(places: Places, place: number): boolean {
  return (((places[place >>> 5] ?? 0) >>> (place & 31)) & 1) === 1;
}
