import type { StandaloneRedis } from "../support/index.js";
import type { Generator } from "./generator.js";

/** What one case of a workload came to, by name: CPU in µs, times in ms, sizes in KiB. */
export type Figures = Readonly<Record<string, number>>;

/** What a case is run with. */
export interface Bench {
  readonly redis: StandaloneRedis;
  readonly generator: Generator;
  readonly size: Size;
  /** Where CPU profiles of the gateway are to go; undefined where none are wanted. */
  readonly profile: string | undefined;
  /** What cases of the same round tell each other; empty at the beginning of each round. */
  readonly round: Map<string, number>;
}

/** `smoke` proves that the harness works, and nothing else. */
export type Size = "full" | "quick" | "smoke";

/** One row of a workload's table. */
export interface Case {
  readonly name: string;
  /** Why it cannot be run here. */
  readonly missing?: (() => string | undefined) | undefined;
  run(bench: Bench): Promise<Figures>;
}

/**
 * One thing that is measured. Its cases take turns, round after round, so that what else the machine
 * does falls on all of them alike.
 */
export interface Workload {
  /** As `--only` takes it. */
  readonly name: string;
  readonly title: string;
  /** The first one is what the others are compared with. */
  readonly cases: readonly Case[];
  /** The most rounds that are worth their time. */
  readonly rounds?: number;
  readonly marks?: readonly Mark[];
}

/** Medians of a workload's rounds, by case. */
export type Outcome = ReadonlyMap<string, Figures>;

/** What has to be reached. */
export interface Mark {
  readonly what: string;
  /** In words: "1.15 times the floor, or less". */
  readonly atLeast: string;
  /** Undefined where the case that it needs was not run. */
  judge(outcome: Outcome): Judgement | undefined;
}

export interface Judgement {
  readonly reached: boolean;
  /** What was measured: "1.08 times". */
  readonly was: string;
}

/** A mark that one case's figure is at most, or at least, so many times another's. */
export function ratioMark(
  what: string,
  figure: string,
  [of, against]: readonly [of: string, against: string],
  bound: { readonly most: number } | { readonly least: number },
): Mark {
  const isMost = "most" in bound;
  const limit = isMost ? bound.most : bound.least;
  return {
    what,
    atLeast: `${limit} times ${against}, or ${isMost ? "less" : "more"}`,
    judge(outcome) {
      const one = outcome.get(of)?.[figure];
      const other = outcome.get(against)?.[figure];
      if (one === undefined || other === undefined) return undefined;
      const ratio = one / other;
      return {
        reached: isMost ? ratio <= limit : ratio >= limit,
        was: `${ratio.toFixed(2)} times`,
      };
    },
  };
}
