import type { SequencedMessage } from "@keywire/shared";
import { VirtualClock } from "@keywire/shared/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { connect } from "./connect.js";
import { FakeGateway, type Mischief, type Reading } from "./testing/fake-gateway.js";
import { fakeNetwork } from "./testing/fake-socket.js";
import { CHANNEL, event, gap } from "./testing/messages.js";
import { faults, replay } from "./testing/oracle.js";

/** Close codes after which a client comes back, one by one or often. */
const PASSING = [1000, 1001, 1006, 1011, 1012, 4408, 4413, 4429, 4999];
const FINAL = [1003, 1007, 1009, 4400, 4403];
const BUFFER = 4;

type Step =
  | { readonly do: "change" | "lose" | "restart" | "down" | "up" | "garble" | "goodbye" }
  | { readonly do: "overflow" | "forget" | "wait" | "take"; readonly by: number }
  | { readonly do: "drop"; readonly code: number }
  | { readonly do: "mischief"; readonly kind: Mischief };

const honest: fc.Arbitrary<Step>[] = [
  fc.constantFrom<Step>({ do: "change" }, { do: "lose" }, { do: "restart" }),
  fc.constantFrom<Step>({ do: "down" }, { do: "up" }, { do: "garble" }, { do: "goodbye" }),
  fc.record({ do: fc.constantFrom("overflow", "take"), by: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: fc.constant("forget"), by: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ do: fc.constant("wait"), by: fc.integer({ min: 0, max: 40_000 }) }),
  fc.record({ do: fc.constant("drop"), code: fc.constantFrom(...PASSING) }),
];
const lying: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("mischief"),
  kind: fc.constantFrom("swallow", "repeat", "swallow_gap", "skip"),
});
const change = fc.constant<Step>({ do: "change" });

interface Run {
  readonly gateway: FakeGateway;
  /** What listeners were told, and what a loop that is now and then slow has taken. */
  readonly heard: SequencedMessage[];
  readonly taken: SequencedMessage[];
  readonly errors: string[];
  readonly state: string;
  /** Timers that are left after everything was closed. */
  readonly leaks: number;
}

interface Setting {
  readonly reading: Reading;
  readonly snapshots: boolean;
  readonly jitter: readonly number[];
}

const setting: fc.Arbitrary<Setting> = fc.record({
  reading: fc.constantFrom<Reading>("before", "behind"),
  snapshots: fc.boolean(),
  jitter: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 7 }),
});

async function run({ reading, snapshots, jitter }: Setting, steps: Step[]): Promise<Run> {
  const clock = new VirtualClock();
  const gateway = new FakeGateway({ reading, snapshots });
  const network = fakeNetwork((socket) => clock.after(5, () => gateway.accept(socket)));
  let drawn = 0;
  const wire = connect("ws://gateway.test/v1/ws", {
    clock,
    WebSocket: network.WebSocket,
    transport: "websocket",
    token: () => "token",
    buffer: BUFFER,
    random: () => jitter[drawn++ % jitter.length] ?? 0,
  });
  const errors: string[] = [];
  wire.on("error", ({ code }) => errors.push(code));
  const orders = wire.subscribe(CHANNEL, snapshots ? { value: true, snapshot: 100 } : {});
  const heard: SequencedMessage[] = [];
  const taken: SequencedMessage[] = [];
  for (const name of ["event", "gap", "snapshot"] as const) {
    orders.on(name, (message: SequencedMessage) => heard.push(message));
  }
  const loop = orders[Symbol.asyncIterator]();
  const take = async (): Promise<void> => {
    const { done, value } = await loop.next();
    if (done !== true) taken.push(value);
  };
  await clock.advance(10);
  for (const step of steps) {
    await perform(step, { gateway, clock, take });
    await clock.advance(1);
  }
  // In the end everything heals, and one last change shows that nothing is stuck.
  gateway.up = true;
  gateway.mischief = "none";
  await clock.advance(120_000);
  gateway.change("last");
  await clock.advance(120_000);
  const drained = drain(take, () => orders.state === "closed");
  await clock.advance(1_000);
  const { state } = wire;
  wire.close();
  await drained;
  return { gateway, heard, taken, errors, state, leaks: clock.pending };
}

async function drain(take: () => Promise<void>, over: () => boolean): Promise<void> {
  while (!over()) await take();
}

interface Stage {
  readonly gateway: FakeGateway;
  readonly clock: VirtualClock;
  take(): Promise<void>;
}

async function perform(step: Step, { gateway, clock, take }: Stage): Promise<void> {
  switch (step.do) {
    case "change":
      return gateway.change("a");
    case "lose":
      return gateway.loseSource("b");
    case "restart":
      return gateway.restart();
    case "down":
      gateway.up = false;
      return gateway.drop(1006);
    case "up":
      gateway.up = true;
      return;
    case "garble":
      return gateway.garble();
    case "goodbye":
      gateway.say({ type: "goodbye", reason: "draining", reconnect: { min: 10, max: 2_000 } });
      return gateway.drop(1012);
    case "overflow":
      return gateway.overflow("c", step.by);
    case "forget":
      return gateway.forget(step.by);
    case "wait":
      return clock.advance(step.by);
    case "take":
      for (let time = 0; time < step.by; time++) void take();
      return;
    case "drop":
      return gateway.drop(step.code);
    case "mischief":
      gateway.mischief = step.kind;
      return;
  }
}

function expectTold(run: Run, told: readonly SequencedMessage[]): void {
  expect(faults(told)).toEqual([]);
  const last = told.findLast((message) => message.type === "event" || message.type === "gap");
  expect(last?.offset).toBe(run.gateway.offset);
}

describe("whatever happens, an application sees contiguous offsets, or is told", () => {
  it("with a gateway that keeps the protocol", { timeout: 60_000 }, async () => {
    const steps = fc.array(fc.oneof(change, ...honest), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(setting, steps, async (set, script) => {
        const result = await run(set, script);
        expect(result.state).toBe("open");
        expectTold(result, result.heard);
        expectTold(result, result.taken);
        expect(result.errors.filter((code) => code !== "bad_message")).toEqual([]);
        if (set.snapshots) {
          expect(replay(result.heard)).toEqual(result.gateway.keys);
          expect(replay(result.taken)).toEqual(result.gateway.keys);
        }
        expect(result.leaks).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("with a gateway that swallows and repeats messages", { timeout: 60_000 }, async () => {
    const steps = fc.array(fc.oneof(change, lying, ...honest), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(setting, steps, async (set, script) => {
        const result = await run(set, script);
        expect(result.state).toBe("open");
        expectTold(result, result.heard);
        expectTold(result, result.taken);
        expect(result.leaks).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("or learns that the connection has failed", async () => {
    await fc.assert(
      fc.asyncProperty(setting, fc.constantFrom(...FINAL), async (set, code) => {
        const result = await run(set, [{ do: "change" }, { do: "drop", code }]);
        expect(result.state).toBe("failed");
        expect(faults(result.heard)).toEqual([]);
        expect(result.errors).toHaveLength(1);
        expect(result.leaks).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  it("and this test would notice", () => {
    const first = event(1, { time: 1 });
    expect(faults([first, event(3, { time: 2 })])).toEqual(["event 3 behind 1"]);
    expect(faults([first, event(2, { time: 3 })])).toEqual(["event 3 behind event 1"]);
    expect(faults([first, first])).toHaveLength(2);
    expect(faults([first, gap(2), event(3, { time: 1 })])).toEqual(["event 1 behind event 1"]);
    expect(faults([first, gap(5, { missed: 3 })])).toEqual(["gap 5 behind 1"]);
    expect(faults([first, gap(4, { missed: 3 }), event(5, { time: 5 })])).toEqual([]);
  });
});
