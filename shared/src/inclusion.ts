import { distinctBytes } from "./byte-groups.js";
import type { ByteSet } from "./byte-set.js";
import type { Glob } from "./glob.js";
import { placeSets } from "./glob-program.js";
import { add, contains, isSubset, type PlaceSet, placeSet } from "./place-set.js";

/** A place of the inner glob, and all places that the outer one can be in after the same bytes. */
interface Pair {
  readonly place: number;
  readonly reached: PlaceSet;
}

/**
 * A proof that one glob matches all that another matches: wherever the inner one can get to, the
 * outer one, all its choices followed at once, must accept when the inner one does.
 */
export class Inclusion {
  readonly #outer: readonly ByteSet[];
  readonly #outerLoops: ReadonlySet<number>;
  readonly #inner: readonly ByteSet[];
  readonly #innerLoops: ReadonlySet<number>;
  readonly #bytes: readonly number[];
  /** For each place of the inner glob the smallest sets seen: what holds for one holds for larger ones. */
  readonly #seen: PlaceSet[][];
  readonly #open: Pair[] = [];
  #budget: number;

  /** @param budget steps of some nanoseconds that the search may take */
  constructor(outer: Glob, inner: Glob, budget: number) {
    this.#outer = placeSets(outer.program);
    this.#outerLoops = new Set(outer.program.loops);
    this.#inner = placeSets(inner.program);
    this.#innerLoops = new Set(inner.program.loops);
    this.#bytes = distinctBytes([...this.#outer, ...this.#inner]);
    this.#seen = Array.from({ length: this.#inner.length + 1 }, () => []);
    this.#budget = budget;
  }

  /** False also where the budget ran out before there was a proof. */
  holds(): boolean {
    const start = placeSet(this.#outer.length + 1);
    add(start, 0);
    if (!this.#visit({ place: 0, reached: start })) return false;
    for (let pair = this.#open.pop(); pair !== undefined; pair = this.#open.pop()) {
      for (const byte of this.#bytes) if (!this.#step(pair, byte)) return false;
    }
    return true;
  }

  /** Follows one byte; false where the proof fails. */
  #step({ place, reached }: Pair, byte: number): boolean {
    const stays = this.#innerLoops.has(place);
    const goes = this.#inner[place]?.has(byte) ?? false;
    if (!stays && !goes) return true;
    this.#budget -= this.#outer.length + 1;
    if (this.#budget < 0) return false;
    const next = this.#advance(reached, byte);
    if (stays && !this.#visit({ place, reached: next })) return false;
    return !goes || this.#visit({ place: place + 1, reached: next });
  }

  #advance(reached: PlaceSet, byte: number): PlaceSet {
    const next = placeSet(this.#outer.length + 1);
    for (let place = 0; place <= this.#outer.length; place++) {
      if (!contains(reached, place)) continue;
      if (this.#outerLoops.has(place)) add(next, place);
      if (this.#outer[place]?.has(byte)) add(next, place + 1);
    }
    return next;
  }

  /** Notes a pair to follow; false where the inner glob accepts and the outer one does not. */
  #visit(pair: Pair): boolean {
    const { place, reached } = pair;
    if (place === this.#inner.length && !contains(reached, this.#outer.length)) return false;
    const seen = this.#seen[place] ?? [];
    this.#budget -= seen.length;
    if (seen.some((smaller) => isSubset(smaller, reached))) return true;
    seen.push(reached);
    this.#open.push(pair);
    return true;
  }
}
