import { expect, it } from "vitest";
import { RunHistory } from "./history.js";
import { type LibraryState, readLibraries } from "./state.js";

/** ms since the Unix epoch, at the beginning of a second */
const START = 1_780_000_000_000;

function listed(finished: number, total: number, library = "shop"): LibraryState[] {
  const trigger = {
    name: "t",
    num_triggered: finished,
    num_finished: finished,
    total_execution_time: total,
  };
  return readLibraries([{ name: library, keyspace_triggers: [trigger] }]);
}

it("makes rates of totals, spread over the seconds since they were read last", () => {
  const history = new RunHistory();
  history.take(listed(100, 50), START);
  history.take(listed(130, 80), START + 3_000);
  const { seconds, runs, times } = history.series("shop", START + 3_000);
  expect(seconds.at(-1)).toBe(START / 1_000 + 2);
  expect(runs.slice(-4)).toEqual([0, 10, 10, 10]);
  expect(times.slice(-4)).toEqual([null, 1, 1, 1]);
});

it("counts nothing for what was there before it looked", () => {
  const history = new RunHistory();
  history.take(listed(5_000, 9_000), START);
  expect(Math.max(...history.series(null, START + 5_000).runs)).toBe(0);
});

it("says which rows moved with the last answer, and by how much", () => {
  const history = new RunHistory();
  history.take(listed(1, 0), START);
  expect(history.moved("shop.t")).toBe(0);
  history.take(listed(4, 0), START + 1_000);
  expect(history.moved("shop.t")).toBe(3);
  history.take(listed(4, 0), START + 2_000);
  expect(history.moved("shop.t")).toBe(0);
});

it("begins anew with a library that was deleted and loaded again", () => {
  const history = new RunHistory();
  history.take(listed(100, 100), START);
  history.take(listed(2, 2), START + 1_000);
  history.take(listed(5, 8), START + 2_000);
  const { runs, times } = history.series("shop", START + 2_000);
  expect(runs.slice(-2)).toEqual([0, 3]);
  expect(times.at(-1)).toBe(2);
});

it("shows one library, or all together", () => {
  const history = new RunHistory();
  const both = (a: number, b: number) => [...listed(a, a, "a"), ...listed(b, 3 * b, "b")];
  history.take(both(0, 0), START);
  history.take(both(4, 4), START + 1_000);
  expect(history.series("a", START + 1_000).runs.at(-1)).toBe(4);
  const all = history.series(null, START + 1_000);
  expect([all.runs.at(-1), all.times.at(-1)]).toEqual([8, 2]);
});
