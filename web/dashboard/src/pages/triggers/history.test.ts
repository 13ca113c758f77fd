import { describe, expect, it } from "vitest";
import { RunHistory } from "./history.js";
import { type LibraryState, readLibraries } from "./state.js";

/** Since the Unix epoch, at a whole second. */
const START = 1_700_000_000_000;

function library(name: string, finished: number, time: number): LibraryState[] {
  const trigger = { name: "t", num_triggered: finished, num_finished: finished };
  return readLibraries([{ name, keyspace_triggers: [{ ...trigger, total_execution_time: time }] }]);
}

describe("RunHistory", () => {
  it("tells by how much triggers moved since they were read before, and nothing of new ones", () => {
    const history = new RunHistory();
    expect(history.take(library("a", 500, 0), START).size).toBe(0);
    expect([...history.take(library("a", 503, 0), START + 1_000)]).toEqual([["a.t", 3]]);
    expect(history.take(library("a", 503, 0), START + 2_000).size).toBe(0);
    expect(history.take(library("b", 9, 0), START + 3_000).size).toBe(0);
  });

  it("spreads what came between two answers over the seconds between them", () => {
    const history = new RunHistory();
    history.take(library("a", 0, 0), START + 500);
    history.take(library("a", 8, 16), START + 2_500);
    const { seconds, runs, times } = history.series("a", START + 4_000);
    const index = seconds.indexOf(START / 1_000);
    expect(runs.slice(index, index + 4)).toEqual([2, 4, 2, 0]);
    expect(times.slice(index, index + 4)).toEqual([2, 2, 2, null]);
  });

  it("adds libraries up, and weighs their times by how often they ran", () => {
    const history = new RunHistory();
    const both = (runs: number) => [
      ...library("a", runs, runs),
      ...library("b", 3 * runs, 9 * runs),
    ];
    history.take(both(0), START);
    history.take(both(1), START + 1_000);
    const { seconds, runs, times } = history.series(null, START + 2_000);
    const index = seconds.indexOf(START / 1_000);
    expect([runs[index], times[index]]).toEqual([4, 2.5]);
    expect(history.series("b", START + 2_000).runs[index]).toBe(3);
    expect(Math.max(...history.series("nobody", START + 2_000).runs)).toBe(0);
  });

  it("one that was deleted and loaded again begins anew, without a step down", () => {
    const history = new RunHistory();
    history.take(library("a", 100, 100), START);
    expect(history.take(library("a", 2, 2), START + 1_000).size).toBe(0);
    history.take(library("a", 5, 5), START + 2_000);
    const { runs } = history.series("a", START + 3_000);
    expect(runs.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(Math.min(...runs)).toBe(0);
  });
});
