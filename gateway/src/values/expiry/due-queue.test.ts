import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DueQueue } from "./due-queue.js";

const id = fc.integer({ min: 0, max: 11 }).map(String);
const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ set: id, due: fc.integer({ min: 0, max: 100 }) }) },
  { weight: 1, arbitrary: fc.record({ forget: id }) },
  { weight: 2, arbitrary: fc.record({ now: fc.nat(100), limit: fc.integer({ min: 1, max: 4 }) }) },
);

/** The same, by searching and sorting every time. */
class Model {
  /** In the order in which they were set last. */
  readonly dues = new Map<string, number>();

  set(name: string, due: number, limit: number): boolean {
    const isFull = !this.dues.delete(name) && this.dues.size >= limit;
    const [oldest] = this.dues.keys();
    if (isFull && oldest !== undefined) this.dues.delete(oldest);
    this.dues.set(name, due);
    return isFull;
  }

  /** The times of those that would be taken. */
  take(now: number, limit: number): number[] {
    const due = [...this.dues.values()].filter((at) => at <= now);
    return due.sort((a, b) => a - b).slice(0, limit);
  }

  get next(): number | undefined {
    return this.dues.size === 0 ? undefined : Math.min(...this.dues.values());
  }
}

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function step(queue: DueQueue<string>, model: Model, one: Operation, limit: number): void {
  if ("set" in one) {
    expect(queue.set(one.set, one.set, one.due)).toBe(model.set(one.set, one.due, limit));
  } else if ("forget" in one) {
    model.dues.delete(one.forget);
    queue.delete(one.forget);
  } else {
    const expected = model.take(one.now, one.limit);
    const taken = queue.take(one.now, one.limit);
    expect(taken.map((name) => model.dues.get(name))).toEqual(expected);
    for (const name of taken) model.dues.delete(name);
  }
}

describe("a queue of what is due", () => {
  it("gives what a list that is sorted every time gives, and never holds more than its limit", () => {
    const plan = fc.array(operation, { maxLength: 200, size: "max" });
    fc.assert(
      fc.property(plan, fc.integer({ min: 1, max: 12 }), (operations, limit) => {
        const queue = new DueQueue<string>(limit);
        const model = new Model();
        for (const one of operations) {
          step(queue, model, one, limit);
          expect([queue.size, queue.next]).toEqual([model.dues.size, model.next]);
        }
        expect([...model.dues.keys()].every((name) => queue.has(name))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("does not grow with keys that are put off, or moved forward, again and again", () => {
    const queue = new DueQueue<string>(10);
    const before = process.memoryUsage().heapUsed;
    for (let turn = 0; turn < 1_000_000; turn++) {
      queue.set("later", "later", turn);
      queue.set("sooner", "sooner", 2_000_000 - turn);
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * 1_024 * 1_024);
    expect(queue.take(2_000_000, 10)).toEqual(["later", "sooner"]);
    expect(queue.next).toBeUndefined();
  });
});
