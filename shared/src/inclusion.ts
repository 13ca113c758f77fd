import { distinctBytes } from "./byte-groups.js";
import type { ByteSet } from "./byte-set.js";
import type { Glob } from "./glob.js";
import { placeSets } from "./glob-program.js";
import { isEmpty, isSubset, type Places, SubsetAutomaton } from "./subset-automaton.js";

/** Steps that are left to take; several proofs that one answer takes share one. */
export interface Budget {
  steps: number;
}

/** What splitting all bytes by one set costs, in steps of the budget. */
const SPLIT_COST = 256;
/** What a step to another pair costs beyond its words: it is made, compared and kept. */
const PAIR_COST = 64;

interface Part {
  readonly sets: readonly ByteSet[];
  readonly loops: readonly number[];
  readonly isLoop: ReadonlySet<number>;
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
  readonly #budget: Budget;
  /** The pairs met so far, by their place of `b`. */
  readonly #met = new Map<number, Places[]>();
  readonly #todo: Pair[] = [];

  /**
   * Whether there is a proof within the budget.
   *
   * @param a begins and ends with no more of certain bytes than `b` does
   * @param b matches something, and more than one string
   */
  static isProved(a: Glob, b: Glob, budget: Budget): boolean {
    // Reading them alone takes as much.
    budget.steps -= a.program.codes.length + b.program.codes.length;
    return budget.steps >= 0 && new Inclusion(a, b, budget).#holds();
  }

  private constructor(a: Glob, b: Glob, budget: Budget) {
    const [start, end] = [a.prefix.length, a.suffix.length];
    this.#a = between(a, start, end);
    this.#b = between(b, start, end);
    this.#budget = budget;
  }

  #holds(): boolean {
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
    const loops = this.#b.isLoop.has(place);
    const taken = this.#b.sets[place];
    return bytes.every((byte, index) => {
      const isTaken = taken?.has(byte) === true;
      if (!loops && !isTaken) return true;
      if (!this.#afford(PAIR_COST + automaton.words)) return false;
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
    const met = this.#met.get(place) ?? [];
    if (!this.#afford((met.length + 1) * automaton.words)) return false;
    if (met.some((fewer) => isSubset(fewer, places))) return true;
    met.push(places);
    this.#met.set(place, met);
    this.#todo.push({ place, places });
    return true;
  }

  #afford(steps: number): boolean {
    this.#budget.steps -= steps;
    return this.#budget.steps >= 0;
  }
}

/** What stands between the first `start` and the last `end` places. */
function between({ program }: Glob, start: number, end: number): Part {
  const sets = placeSets(program);
  const loops = program.loops.map((place) => place - start);
  return { sets: sets.slice(start, sets.length - end), loops, isLoop: new Set(loops) };
}
