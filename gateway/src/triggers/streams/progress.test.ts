import fc from "fast-check";
import { expect, it } from "vitest";
import { compareIds, idBehind, START } from "./id.js";
import { Progress, readProgress } from "./progress.js";

it("goes on behind the last record before which all are done, whatever the order they end in", () => {
  const plan = fc.integer({ min: 1, max: 12 }).chain((records) =>
    fc.record({
      records: fc.constant(records),
      ends: fc.shuffledSubarray(Array.from({ length: records }, (_, index) => index)),
    }),
  );
  fc.assert(
    fc.property(plan, ({ records, ends }) => {
      const progress = new Progress();
      const ids = Array.from({ length: records }, (_, index) => `${index + 1}-0`);
      for (const id of ids) progress.begin(id);
      const done = new Set<number>();
      for (const end of ends) {
        progress.end(ids[end] ?? "", 1, 1_000);
        done.add(end);
        const firstOpen = ids.findIndex((_, index) => !done.has(index));
        const upTo = firstOpen < 0 ? records : firstOpen;
        expect(progress.from).toBe(upTo === 0 ? START : ids[upTo - 1]);
        expect(progress.pending).toBe(records - done.size);
      }
      // Whoever reads on from what was kept begins with nothing under way.
      const next = new Progress(readProgress(JSON.stringify(progress.state())));
      expect(next.from).toBe(progress.from);
      expect(next.pending).toBe(0);
    }),
  );
});

it("counts lag from the time in the id, and keeps the last error", () => {
  const progress = new Progress();
  progress.begin("1000-0");
  progress.end("1000-0", 3, 1_250, "no");
  progress.begin("1100-0");
  progress.end("1100-0", 5, 1_200);
  expect(progress.state()).toMatchObject({
    ...{ lastLag: 100, totalLag: 350, lastTime: 5, totalTime: 8, processed: 2, error: "no" },
  });
});

it("compares ids by their numbers", () => {
  expect(compareIds("9-0", "10-0")).toBeLessThan(0);
  expect(compareIds("10-10", "10-9")).toBeGreaterThan(0);
  expect(compareIds("18446744073709551615-1", "18446744073709551615-1")).toBe(0);
  expect(idBehind("5-18446744073709551615")).toBe("6-0");
  expect(idBehind("5-7")).toBe("5-8");
});
