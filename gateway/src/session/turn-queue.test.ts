import fc from "fast-check";
import { expect, it } from "vitest";
import { Outbox } from "./outbox.js";
import { single } from "./single.js";
import { FakeTransport } from "./testing/fake-transport.js";
import { TurnQueue } from "./turn-queue.js";

/** Outboxes that share a turn. */
class Bench {
  endTurn = () => {};
  readonly transports: FakeTransport[];
  readonly outboxes: Outbox[];
  #count = 0;

  constructor(count: number, capacity = Number.POSITIVE_INFINITY) {
    const turn = new TurnQueue((task) => {
      this.endTurn = task;
    });
    const ports = { limit: 1_000_000, policy: "gap", turn, dropped() {}, sent() {} } as const;
    this.transports = Array.from({ length: count }, () => new FakeTransport(capacity));
    this.outboxes = this.transports.map((transport) => {
      const outbox = new Outbox(transport, ports, { resync: () => false });
      transport.drained = () => outbox.drained();
      return outbox;
    });
  }

  /** @returns what was pushed */
  push(which: number): number {
    this.#count += 1;
    const id = this.#count;
    this.outboxes[which]?.push(single({ type: "error", code: "internal", message: "", id }));
    return id;
  }

  got(which: number): number[] {
    return this.transports[which]?.of("error").map(({ id }) => Number(id)) ?? [];
  }
}

it("brings each client all that is its own, in order, whoever is written to when", () => {
  const which = fc.nat(4);
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ push: which }) },
    { weight: 1, arbitrary: fc.record({ flush: which }) },
    { weight: 1, arbitrary: fc.record({ take: which }) },
    { weight: 2, arbitrary: fc.constant({ endTurn: true as const }) },
  );
  const capacities = fc.integer({ min: 1, max: 400 });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), capacities, (steps, capacity) => {
      const bench = new Bench(5, capacity);
      const pushed: number[][] = [[], [], [], [], []];
      for (const one of steps) {
        if ("push" in one) pushed[one.push]?.push(bench.push(one.push));
        else if ("flush" in one) bench.outboxes[one.flush]?.flush();
        else if ("take" in one) bench.transports[one.take]?.take();
        else bench.endTurn();
      }
      bench.endTurn();
      for (const [at, expected] of pushed.entries()) {
        for (let round = 0; round < 80; round++) bench.transports[at]?.take();
        expect(bench.got(at)).toEqual(expected);
        expect(bench.outboxes[at]?.bytes).toBe(0);
      }
    }),
  );
});

it.each([1, 3, 64, 200])("sends what comes while it sends to %d, whomever that is for", (count) => {
  const bench = new Bench(count);
  const pushed = bench.outboxes.map((_, at) => [bench.push(at)]);
  const [first, middle, last] = [0, Math.floor(count / 2), count - 1];
  const transport = bench.transports[middle];
  const send = transport?.send.bind(transport);
  if (transport === undefined || send === undefined) throw new Error("there is nobody");
  let isFirst = true;
  transport.send = (items) => {
    if (isFirst) for (const at of [first, middle, last]) pushed[at]?.push(bench.push(at));
    isFirst = false;
    return send(items);
  };
  bench.endTurn();
  expect(bench.outboxes.map((_, at) => bench.got(at))).toEqual(pushed);
});

it("sends to the others where one fails, and mixes nobody up", () => {
  const bench = new Bench(3);
  const pushed = bench.outboxes.map((_, at) => [bench.push(at)]);
  const [failing] = bench.transports;
  if (failing === undefined) throw new Error("there is nobody");
  failing.send = () => {
    throw new Error("it fell over");
  };
  expect(() => bench.endTurn()).toThrow("it fell over");
  for (const at of [2, 1]) pushed[at]?.push(bench.push(at));
  bench.endTurn();
  expect([1, 2].map((at) => bench.got(at))).toEqual(pushed.slice(1));
});
