import { CHART_SECONDS, Rates } from "../../log/rates.js";
import type { LibraryState, TriggerState } from "./state.js";

const SECOND = 1_000;
/** Executions; below this a second's share of them says nothing of their time. */
const NEXT_TO_NONE = 0.01;

/** Executions, and how long they took, over the last two minutes. */
export interface RunSeries {
  /** Since the Unix epoch. */
  readonly seconds: number[];
  /** Executions in each second. */
  readonly runs: number[];
  /** ms on average in each second; null where nothing ran. */
  readonly times: (number | null)[];
}

/** By how much each trigger's figure grew since it was read before, by `idOf`; only those that did. */
export type Moved = ReadonlyMap<string, number>;

/** Makes rates of totals that are read now and then. */
export class RunHistory {
  readonly #tracks = new Map<string, Track>();
  #triggered: ReadonlyMap<string, number> = new Map();
  /** When totals were read last, ms since the Unix epoch. */
  #at = 0;

  /** Takes what was read at `now`, ms since the Unix epoch. */
  take(libraries: readonly LibraryState[], now: number): Moved {
    const since = Math.max(this.#at, now - CHART_SECONDS * SECOND);
    for (const { name, triggers } of libraries) {
      const known = this.#tracks.get(name);
      if (known === undefined) this.#tracks.set(name, new Track(triggers));
      else known.take(triggers, since, now);
    }
    this.#at = now;
    return this.#move(libraries.flatMap(({ triggers }) => triggers));
  }

  /** @param library of one alone; null for all together */
  series(library: string | null, now: number): RunSeries {
    const names = library === null ? [...this.#tracks.keys()] : [library];
    const tracks = names.flatMap((name) => this.#tracks.get(name) ?? []);
    const { seconds } = new Rates().series(now);
    const runs = sumOf(tracks.map((track) => track.runs.series(now).counts));
    const time = sumOf(tracks.map((track) => track.time.series(now).counts));
    return {
      seconds,
      runs: seconds.map((_, index) => runs[index] ?? 0),
      times: seconds.map((_, index) => {
        const count = runs[index] ?? 0;
        return count < NEXT_TO_NONE ? null : (time[index] ?? 0) / count;
      }),
    };
  }

  #move(triggers: readonly TriggerState[]): Moved {
    const figures = triggers.map((trigger) => [idOf(trigger), trigger.triggered] as const);
    const moved = figures.map(([id, count]) => {
      return [id, count - (this.#triggered.get(id) ?? count)] as const;
    });
    this.#triggered = new Map(figures);
    return new Map(moved.filter(([, more]) => more > 0));
  }
}

/** One library's totals, and what came on top of them in each second. */
class Track {
  readonly runs = new Rates();
  readonly time = new Rates();
  #last: Total;

  constructor(triggers: readonly TriggerState[]) {
    this.#last = totalOf(triggers);
  }

  take(triggers: readonly TriggerState[], since: number, now: number): void {
    const total = totalOf(triggers);
    const runs = total.runs - this.#last.runs;
    const time = Math.max(0, total.time - this.#last.time);
    this.#last = total;
    // One that was deleted and loaded again begins anew.
    if (runs <= 0) return;
    for (const [at, share] of shares(since, now)) {
      this.runs.add(at, runs * share);
      this.time.add(at, time * share);
    }
  }
}

interface Total {
  readonly runs: number;
  /** ms */
  readonly time: number;
}

/** What tells a trigger from all others. */
export function idOf({ library, name }: Pick<TriggerState, "library" | "name">): string {
  return `${library}.${name}`;
}

function totalOf(triggers: readonly TriggerState[]): Total {
  return {
    runs: triggers.reduce((sum, { finished }) => sum + finished, 0),
    time: triggers.reduce((sum, { totalTime }) => sum + totalTime, 0),
  };
}

function sumOf(columns: readonly number[][]): number[] {
  return (columns[0] ?? []).map((_, index) =>
    columns.reduce((sum, column) => sum + (column[index] ?? 0), 0),
  );
}

/** The seconds that a stretch of time touches, and how much of it is in each, together 1. */
function shares(from: number, to: number): [at: number, share: number][] {
  if (to <= from) return [[to, 1]];
  const found: [number, number][] = [];
  for (let at = from; at < to; ) {
    const next = Math.min(to, (Math.floor(at / SECOND) + 1) * SECOND);
    found.push([at, (next - at) / (to - from)]);
    at = next;
  }
  return found;
}
