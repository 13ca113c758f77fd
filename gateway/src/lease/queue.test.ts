import fc from "fast-check";
import { expect, it } from "vitest";
import { Places, type Segment } from "./places.js";
import type { Event } from "./ports.js";
import { type Entry, Queue } from "./queue.js";

const SEGMENTS = 6;

/** Pushes an event of a segment, takes the next one, or finishes one of those that are taken. */
const step = fc.oneof(
  fc.record({ push: fc.nat(SEGMENTS - 1) }),
  fc.constant("take" as const),
  fc.record({ finish: fc.nat(20) }),
);

/** What a queue should be, as lists that are sorted anew each time. */
class Model {
  readonly queue = new Queue<Event>(new Places("n"));
  waiting: Entry<Event>[] = [];
  readonly taken: Entry<Event>[] = [];
  #seq = 0;

  push(no: number): void {
    const segment: Segment = { no, id: `f${no}`, isShared: true };
    const seq = ++this.#seq;
    const key = Buffer.from("k");
    const event: Event = { node: "n", db: 0, key, event: "set", receivedAt: seq, after: `f${no}` };
    const { queue } = this;
    const entry: Entry<Event> = { event, segment, queue, seq, bytes: 1, state: "waiting" };
    queue.push(entry);
    // Those of one segment stay in their order.
    this.waiting = [...this.waiting, entry].toSorted((a, b) => a.segment.no - b.segment.no);
  }

  take(): void {
    const next = this.waiting.shift();
    if (next === undefined) return;
    this.queue.take(next);
    this.taken.push(next);
  }

  finish(which: number): void {
    const [entry] = this.taken.splice(which % this.taken.length, 1);
    if (entry === undefined) return;
    entry.state = "done";
    this.queue.settle();
  }

  check(): void {
    const open = [...this.waiting, ...this.taken].map(({ segment }) => segment.no);
    expect(this.queue.next).toBe(this.waiting[0]);
    expect(this.queue.oldest?.no).toBe(open.length === 0 ? undefined : Math.min(...open));
    expect(this.queue.isEmpty).toBe(open.length === 0);
  }
}

it("gives what waits by segments, and knows the first that is not done, whatever is told late", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const model = new Model();
      for (const one of steps) {
        if (one === "take") model.take();
        else if ("push" in one) model.push(one.push);
        else model.finish(one.finish);
        model.check();
      }
    }),
  );
});
