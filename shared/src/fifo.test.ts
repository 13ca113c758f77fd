import fc from "fast-check";
import { expect, it } from "vitest";
import { Fifo } from "./fifo.js";

it("a fifo gives what an array gives", () => {
  const operation = fc.oneof(
    { weight: 4, arbitrary: fc.record({ push: fc.integer({ min: 1, max: 3_000 }) }) },
    { weight: 4, arbitrary: fc.record({ shift: fc.integer({ min: 1, max: 3_000 }) }) },
    { weight: 1, arbitrary: fc.constant("drain" as const) },
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 20 }), (operations) => {
      const fifo = new Fifo<number>();
      let model: number[] = [];
      let next = 0;
      for (const one of operations) {
        if (one === "drain") {
          expect(fifo.drain()).toEqual(model);
          model = [];
        } else if ("push" in one) {
          for (let count = one.push; count > 0; count--) {
            fifo.push(next);
            model.push(next++);
          }
        } else {
          const taken = Array.from({ length: one.shift }, () => fifo.shift());
          const expected = model.splice(0, one.shift);
          expect(taken.filter((item) => item !== undefined)).toEqual(expected);
        }
        expect(fifo.length).toBe(model.length);
        expect(fifo.peek()).toBe(model[0]);
      }
    }),
    { numRuns: 50 },
  );
});
