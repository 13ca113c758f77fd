import { ANY, type Mask, parseMask } from "./mask.js";

/** Sets of states that are kept; more than that are worked out anew, byte by byte. */
const KEPT_SETS = 512;
const UNKNOWN = -1;

/** A set of states, and where each byte leads from it: an index into the kept ones, or UNKNOWN. */
interface StateSet {
  readonly states: readonly number[];
  readonly next: Int16Array;
  /** Whatever follows, the key matches. */
  readonly isDecided: boolean;
  /** The key matches if it ends here. */
  readonly matchesHere: boolean;
}

/**
 * Whether a key matches one of several masks: one pass over the key, in time that grows with the
 * key's length and not with its content. All masks are one automaton, whose sets of states are worked
 * out as keys need them.
 */
export class Masks {
  readonly #masks: readonly Mask[];
  /** The state of each mask's first place; its other places follow, and then the state of a match. */
  readonly #codes: number[] = [];
  readonly #loops: boolean[] = [];
  readonly #ends: ("anywhere" | "at the end" | undefined)[] = [];
  readonly #restarts: number[] = [];
  readonly #begins: number[] = [];
  /** The turn in which each state was reached last. */
  readonly #seen: number[] = [];
  #turn = 0;
  #kept: StateSet[] = [];
  #index = new Map<string, number>();

  constructor(sources: readonly Uint8Array[]) {
    this.#masks = sources.map(parseMask);
    for (const mask of this.#masks) this.#add(mask);
  }

  matches(key: Uint8Array): boolean {
    let at = 0;
    let set = this.#kept[0] ?? this.#keep(this.#first());
    for (; at < key.length; at++) {
      if (set.isDecided) return true;
      if (set.states.length === 0) return false;
      const byte = key[at] ?? 0;
      const known = set.next[byte] ?? UNKNOWN;
      const next = known === UNKNOWN ? this.#learn(set, byte) : this.#kept[known];
      if (next === undefined) return this.#matchesFrom(set.states, key, at);
      set = next;
    }
    return set.matchesHere;
  }

  #add({ places, isTiedToBegin, isTiedToEnd }: Mask): void {
    const first = this.#codes.length;
    for (const { code, loops } of places) {
      this.#codes.push(code);
      this.#loops.push(loops);
      this.#ends.push(undefined);
    }
    this.#codes.push(-1);
    this.#loops.push(false);
    this.#ends.push(isTiedToEnd ? "at the end" : "anywhere");
    this.#begins.push(first);
    if (!isTiedToBegin) this.#restarts.push(first);
  }

  /** What a byte leads to, noted for the next time; undefined where no more are kept. */
  #learn(set: StateSet, byte: number): StateSet | undefined {
    const states = this.#step(set.states, byte).sort((a, b) => a - b);
    const id = states.join();
    let index = this.#index.get(id);
    if (index === undefined) {
      if (this.#kept.length >= KEPT_SETS) return undefined;
      index = this.#kept.length;
      this.#keep(states, id);
    }
    set.next[byte] = index;
    return this.#kept[index];
  }

  #keep(states: readonly number[], id = states.join()): StateSet {
    const ends = states.map((state) => this.#ends[state]);
    const isDecided = ends.includes("anywhere");
    const matchesHere = isDecided || ends.includes("at the end");
    const next = new Int16Array(256).fill(UNKNOWN);
    const set = { states, next, isDecided, matchesHere };
    this.#index.set(id, this.#kept.length);
    this.#kept.push(set);
    return set;
  }

  /** The rest of a key, when there are too many sets to keep: the next key begins with none. */
  #matchesFrom(states: readonly number[], key: Uint8Array, from: number): boolean {
    this.#kept = [];
    this.#index = new Map();
    let now = states;
    for (let at = from; at < key.length; at++) {
      now = this.#step(now, key[at] ?? 0);
      if (now.length === 0) return false;
      for (const state of now) if (this.#ends[state] === "anywhere") return true;
    }
    return now.some((state) => this.#ends[state] !== undefined);
  }

  /** Each state once, in no certain order. */
  #step(states: readonly number[], byte: number): number[] {
    const found: number[] = [];
    this.#turn++;
    for (const state of states) {
      const code = this.#codes[state];
      if (code === byte || code === ANY) this.#reach(this.#loops[state] ? state : state + 1, found);
    }
    for (const state of this.#restarts) this.#reach(state, found);
    return found;
  }

  /** Notes a state, and those behind it as far as runs may be empty. */
  #reach(first: number, found: number[]): void {
    for (let state = first; this.#seen[state] !== this.#turn; state++) {
      this.#seen[state] = this.#turn;
      found.push(state);
      if (!this.#loops[state]) return;
    }
  }

  #first(): number[] {
    const found: number[] = [];
    this.#turn++;
    for (const state of this.#begins) this.#reach(state, found);
    return found;
  }
}
