import { CHART_SECONDS, Rates } from "../../log/rates.js";
import type { LibraryState } from "./state.js";

const SECOND = 1_000;

/** Executions, and how long they took, over the last two minutes. */
export interface RunSeries {
  /** Since the Unix epoch. */
  readonly seconds: readonly number[];
  /** Executions in each second. */
  readonly runs: readonly number[];
  /** ms on average in each second; null where nothing ran. */
  readonly times: readonly (number | null)[];
}

/** What of one library was counted so far. */
interface Total {
  readonly runs: number;
  readonly time: number;
}

class Track {
  readonly runs = new Rates();
  readonly time = new Rates();
  last: Total;

  constructor(last: Total) {
    this.last = last;
  }
}

/** Makes rates of totals that are read now and then. */
export class RunHistory {
  readonly #tracks = new Map<string, Track>();
  /** When totals were read last, ms since the Unix epoch. */
  #at = 0;
  #moved: ReadonlyMap<string, number> = new Map();
  #triggered = new Map<string, number>();

  /** Takes what was read at `now`, ms since the Unix epoch. */
  take(libraries: readonly LibraryState[], now: number): void {
    for (const library of libraries) this.#track(library, now);
    const moved = new Map<string, number>();
    const triggered = new Map<string, number>();
    for (const { id, count } of libraries.flatMap(counts)) {
      const more = count - (this.#triggered.get(id) ?? count);
      if (more > 0) moved.set(id, more);
      triggered.set(id, count);
    }
    this.#moved = moved;
    this.#triggered = triggered;
    this.#at = now;
  }

  /** By how much a row's figure grew with what was read last; 0 where it stood still. */
  moved(id: string): number {
    return this.#moved.get(id) ?? 0;
  }

  /** Of one library, or of all together. */
  series(library: string | null, now: number): RunSeries {
    const tracks = [...this.#tracks].filter(([name]) => library === null || name === library);
    const runs = tracks.map(([, track]) => track.runs.series(now).counts);
    const time = tracks.map(([, track]) => track.time.series(now).counts);
    const { seconds } = new Rates().series(now);
    const at = (columns: readonly number[][], index: number) =>
      columns.reduce((sum, column) => sum + (column[index] ?? 0), 0);
    return {
      seconds,
      runs: seconds.map((_, index) => at(runs, index)),
      times: seconds.map((_, index) => {
        const count = at(runs, index);
        return count < 0.01 ? null : at(time, index) / count;
      }),
    };
  }

  #track(library: LibraryState, now: number): void {
    const total = totalOf(library);
    const track = this.#tracks.get(library.name);
    if (track === undefined) {
      this.#tracks.set(library.name, new Track(total));
      return;
    }
    const runs = total.runs - track.last.runs;
    const time = total.time - track.last.time;
    track.last = total;
    // A library that was deleted and loaded again begins anew.
    if (runs <= 0) return;
    for (const [at, share] of shares(Math.max(this.#at, now - CHART_SECONDS * SECOND), now)) {
      track.runs.add(at, runs * share);
      track.time.add(at, Math.max(0, time) * share);
    }
  }
}

/** A row of the table, and what counts it. */
function counts({ triggers, streamTriggers }: LibraryState): { id: string; count: number }[] {
  return [
    ...triggers.map((trigger) => ({ id: rowId(trigger), count: trigger.triggered })),
    ...streamTriggers.map((trigger) => ({ id: rowId(trigger), count: trigger.processed })),
  ];
}

export function rowId({
  library,
  name,
}: {
  readonly library: string;
  readonly name: string;
}): string {
  return `${library}.${name}`;
}

function totalOf({ triggers, streamTriggers }: LibraryState): Total {
  const sum = <T>(items: readonly T[], figure: (item: T) => number) =>
    items.reduce((total, item) => total + figure(item), 0);
  return {
    runs: sum(triggers, ({ finished }) => finished) + sum(streamTriggers, (one) => one.processed),
    time: sum([...triggers, ...streamTriggers], ({ totalTime }) => totalTime),
  };
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
