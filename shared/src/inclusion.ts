import { distinctBytes } from "./byte-groups.js";
import type { ByteSet } from "./byte-set.js";
import type { Glob } from "./glob.js";
import { placeSets } from "./glob-program.js";
import { isEmpty, isSubset, type Places, SubsetAutomaton } from "./subset-automaton.js";

/** What splitting all bytes by one set costs, and stepping through one word, in budget steps. */
const SPLIT_COST = 256;

interface Part {
  readonly sets: readonly ByteSet[];
  readonly loops: readonly number[];
}

/** One thing the same bytes can lead to: a place of `b`, and all places of `a`. */
interface Pair {
  readonly place: number;
  readonly places: Places;
}

/**
 * A proof that glob `a` matches all that `b` matches: every pair of a place of `b` and a state of
 * `a` that the same bytes lead to is looked at, and none may accept in `b` alone. A pair is passed
 * over where one with fewer places of `a` has been looked at: that one is the harder.
 */
export class Inclusion {
  readonly #a: Part;
  readonly #b: Part;
  #budget: number;
  /** The pairs met so far, by their place of `b`. */
  readonly #met: Places[][];
  readonly #todo: Pair[] = [];

  /**
   * @param a begins and ends with no more of certain bytes than `b` does
   * @param b matches something, and more than one string
   */
  constructor(a: Glob, b: Glob, budget: number) {
    const [start, end] = [a.prefix.length, a.suffix.length];
    this.#a = between(a, start, end);
    this.#b = between(b, start, end);
    this.#budget = budget;
    this.#met = Array.from({ length: this.#b.sets.length + 1 }, () => []);
  }

  /** Whether the proof succeeds within the budget. */
  holds(): boolean {
    const sets = new Set([...this.#a.sets, ...this.#b.sets]);
    if (!this.#afford(sets.size * SPLIT_COST)) return false;
    const bytes = distinctBytes(sets);
    if (!this.#afford(bytes.length * this.#a.sets.length)) return false;
    const automaton = new SubsetAutomaton(this.#a.sets, this.#a.loops, bytes);
    if (!this.#meet(automaton, 0, automaton.start())) return false;
    for (let pair = this.#todo.pop(); pair !== undefined; pair = this.#todo.pop()) {
      if (!this.#follow(automaton, bytes, pair)) return false;
    }
    return true;
  }

  /** Meets all pairs one byte further; false where one of them breaks the proof. */
  #follow(automaton: SubsetAutomaton, bytes: readonly number[], { place, places }: Pair): boolean {
    const loops = this.#b.loops.includes(place);
    const taken = this.#b.sets[place];
    return bytes.every((byte, index) => {
      const isTaken = taken?.has(byte) === true;
      if (!loops && !isTaken) return true;
      if (!this.#afford(automaton.words)) return false;
      const next = automaton.step(places, index);
      return (
        (!loops || this.#meet(automaton, place, next)) &&
        (!isTaken || this.#meet(automaton, place + 1, next))
      );
    });
  }

  #meet(automaton: SubsetAutomaton, place: number, places: Places): boolean {
    if (automaton.acceptsAll(places)) return true;
    // From every place of b some bytes lead to its end, and from no place of a any do.
    if (isEmpty(places)) return false;
    if (place === this.#b.sets.length && !automaton.accepts(places)) return false;
    const met = this.#met[place] ?? [];
    if (!this.#afford((met.length + 1) * automaton.words)) return false;
    if (met.some((fewer) => isSubset(fewer, places))) return true;
    met.push(places);
    this.#todo.push({ place, places });
    return true;
  }

  #afford(steps: number): boolean {
    this.#budget -= steps;
    return this.#budget >= 0;
  }
}

/** What stands between the first `start` and the last `end` places. */
function between({ program }: Glob, start: number, end: number): Part {
  const sets = placeSets(program);
  return {
    sets: sets.slice(start, sets.length - end),
    loops: program.loops.map((place) => place - start),
  };
}
