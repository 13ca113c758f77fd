import fc from "fast-check";
import { expect, it } from "vitest";
import { type Raised, type SimGateway, World } from "./testing/world.js";

/** ms by which what a gateway was told lags behind what happened. */
const LAG = 60;
/** ms that one which leaves waits for its worker: longer than two handovers in a row take. */
const PATIENCE = 30_000;
/** ms after which everything has come to rest. */
const REST = 60_000;

type Step =
  | { readonly do: "write"; readonly count: number; readonly ms: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "join" }
  | { readonly do: "stop" | "kill"; readonly which: number }
  | { readonly do: "freeze"; readonly which: number; readonly ms: number }
  | { readonly do: "cut"; readonly which: number; readonly node: number }
  | { readonly do: "outage"; readonly ms: number };

const which = fc.nat(9);
const write = fc.record({
  do: fc.constant("write" as const),
  count: fc.integer({ min: 1, max: 60 }),
  ms: fc.integer({ min: 1, max: 3_000 }),
});
const wait = fc.record({
  do: fc.constant("wait" as const),
  ms: fc.integer({ min: 1, max: 8_000 }),
});
const join = fc.record({ do: fc.constant("join" as const) });
const stop = fc.record({ do: fc.constant("stop" as const), which });
const kill = fc.record({ do: fc.constant("kill" as const), which });
const freeze = fc.record({
  do: fc.constant("freeze" as const),
  which,
  ms: fc.integer({ min: 10, max: 12_000 }),
});
const cut = fc.record({ do: fc.constant("cut" as const), which, node: fc.nat(2) });
const outage = fc.record({
  do: fc.constant("outage" as const),
  ms: fc.integer({ min: 100, max: 10_000 }),
});

const scene = {
  nodes: fc.integer({ min: 1, max: 3 }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  pace: fc.constantFrom(1, 30, 400, 6_000),
  lostAnswers: fc.constantFrom(0, 0.3),
};

function pick(world: World, which: number): SimGateway | undefined {
  const living = world.gateways.filter(({ state }) => state === "living");
  return living[which % Math.max(1, living.length)];
}

async function play(world: World, step: Step, pace: number): Promise<void> {
  switch (step.do) {
    case "write":
      for (let index = 0; index < step.count; index++) {
        world.write(Math.floor(world.random() * 256));
        await world.clock.advance(step.ms / step.count);
      }
      break;
    case "wait":
      await world.clock.advance(step.ms);
      break;
    case "join":
      if (world.living().length < 4) await joinOne(world, pace);
      break;
    case "stop":
      void pick(world, step.which)?.stop(PATIENCE);
      break;
    case "kill":
      pick(world, step.which)?.kill();
      break;
    case "freeze":
      pick(world, step.which)?.freeze(step.ms);
      break;
    case "cut":
      pick(world, step.which)?.cut(world.nodes[step.node % world.nodes.length] ?? "");
      break;
    case "outage":
      world.storeDownUntil = world.clock.now() + step.ms;
  }
}

/** Some are told later than others. */
async function joinOne(world: World, pace: number): Promise<void> {
  const gateway = await world.join();
  gateway.pace = pace;
  if (world.random() < 0.4) gateway.lag = 800;
  if (world.random() < 0.4) gateway.holds = 0.1;
}

async function playAll(world: World, steps: readonly Step[], pace: number): Promise<void> {
  for (let index = 0; index < 2; index++) await joinOne(world, pace);
  // What happened before anybody ever held a lease is nobody's.
  await world.clock.advance(100);
  for (const step of steps) await play(world, step, pace);
  await world.clock.advance(REST);
}

function isMissed(world: World, { part, at }: Raised): boolean {
  return world.missed.some(({ parts, from, to }) => {
    return parts.includes(part) && at >= from - LAG && at <= to + LAG;
  });
}

/** Each gateway hands the events of a key out in their order, none of them twice. */
function expectOrder(world: World): void {
  const last = new Map<string, number>();
  for (const { id, gateway } of world.handedOut) {
    const place = `${gateway} ${world.raised[id]?.key}`;
    expect(id, `what ${gateway} hands out next of its key`).toBeGreaterThan(last.get(place) ?? -1);
    last.set(place, id);
  }
}

function expectNoFaults(world: World): void {
  for (const { faults } of world.gateways) expect(faults).toEqual([]);
}

it("hands out exactly once, in order, while gateways come and go in order", async () => {
  const steps = fc.array(fc.oneof({ arbitrary: write, weight: 3 }, wait, join, stop), {
    minLength: 4,
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(
      steps,
      scene.nodes,
      scene.seed,
      scene.pace,
      async (steps, nodes, seed, pace) => {
        const world = new World(nodes, seed);
        await playAll(world, steps, pace);
        const survivors = world.living();
        for (const raised of world.raised) {
          const handOuts = world.handOutsOf(raised.id);
          expect(handOuts.length, `hand-outs of ${raised.id}`).toBeLessThanOrEqual(1);
          const isDone = handOuts.some((one) => one.isDone);
          const isTold = survivors.some(({ told }) => told.has(raised.id));
          if (isTold && !isDone)
            expect(isMissed(world, raised), `${raised.id} is missed`).toBe(true);
        }
        expectOrder(world);
        expectNoFaults(world);
        if (survivors.length > 0) {
          const parts = survivors.flatMap(({ group }) => group.status().parts);
          expect(parts.sort((a, b) => a - b)).toEqual(
            Array.from({ length: 64 }, (_, part) => part),
          );
        }
        for (const { group } of survivors) expect(group.status().backlog.entries).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);

it("loses nothing that a surviving gateway was told, whatever ends, stands still or is cut off", async () => {
  const steps = fc.array(
    fc.oneof({ arbitrary: write, weight: 4 }, wait, join, stop, kill, freeze, cut, outage),
    { minLength: 4, maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(
      steps,
      scene.nodes,
      scene.seed,
      scene.pace,
      scene.lostAnswers,
      async (steps, nodes, seed, pace, lostAnswers) => {
        const world = new World(nodes, seed);
        Object.assign(world, { lostAnswers, answersWithin: 200 });
        await playAll(world, steps, pace);
        const survivors = world.living();
        for (const raised of world.raised) {
          const [first, ...more] = world.handOutsOf(raised.id);
          for (const { mayBeRepeat } of more)
            expect(mayBeRepeat, `the second hand-out of ${raised.id} says so`).toBe(true);
          const isDone = [first, ...more].some((one) => one?.isDone);
          const isTold = survivors.some(({ told }) => told.has(raised.id));
          if (isTold && !isDone)
            expect(isMissed(world, raised), `${raised.id} is missed`).toBe(true);
        }
        expectOrder(world);
        expectNoFaults(world);
        for (const { group } of survivors) expect(group.status().backlog.underWay).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
}, 240_000);
