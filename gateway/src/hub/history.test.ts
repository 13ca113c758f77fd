import { expect, it } from "vitest";
import type { Entry } from "./batch.js";
import { History } from "./history.js";
import { Retention } from "./retention.js";

const retention = new Retention(1_000_000, 60_000, 0);

const entry = (offset: number, to: number): Entry => {
  return { type: "event", offset, text: "{}", bytes: 2, from: to, to };
};

it("tells up to when something is gone, though what was held back stands behind what came later", () => {
  const history = new History({
    historySize: 1,
    historyBytes: 1_000,
    historyTtl: 60_000,
    retention,
  });
  history.push(entry(1, 1_000));
  history.push(entry(2, 1_500));
  history.push(entry(3, 1_200));
  history.push(entry(4, 1_600));
  history.take();
  expect([history.first, history.droppedTo]).toEqual([4, 1_500]);
});

it("keeps what waits, whatever the bounds, until it was taken", () => {
  const history = new History({ historySize: 1, historyBytes: 3, historyTtl: 0, retention });
  history.push(entry(1, 1_000));
  history.push(entry(2, 1_000));
  history.prune(5_000);
  expect(history.take().map(({ offset }) => offset)).toEqual([1, 2]);
  expect([history.first, history.size, history.droppedTo]).toEqual([2, 1, 1_000]);
  history.push(entry(3, 2_000));
  history.prune(5_000);
  expect(history.take().map(({ offset }) => offset)).toEqual([3]);
  history.prune(5_000);
  expect([history.size, history.take().length]).toEqual([0, 0]);
});
