import type { SequencedMessage } from "@keywire/shared";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { event, gap } from "./testing/messages.js";
import { faults, offsetFaults, replay } from "./testing/oracle.js";
import { type Carrier, type Outcome, play } from "./testing/scenario.js";
import { honestSteps, lyingSteps, type Setting, settings } from "./testing/steps.js";

const FINAL = [1003, 1007, 1009, 4400, 4403];
const TURNS = [
  ...["idle connecting", "connecting open", "connecting waiting", "waiting connecting"],
  ...[
    "open waiting",
    "open failed",
    "connecting failed",
    "open idle",
    "connecting idle",
    "open closed",
  ],
];
/** Streams take turns of the event loop, and so longer. */
const CARRIERS: readonly [Carrier, number][] = [
  ["websocket", 200],
  ["sse", 40],
];

function expectTold(outcome: Outcome, told: readonly SequencedMessage[]): void {
  expect(faults(told)).toEqual([]);
  expectUpToDate(outcome, told);
}

function expectUpToDate({ gateway }: Outcome, told: readonly SequencedMessage[]): void {
  const last = told.findLast((message) => message.type === "event" || message.type === "gap");
  expect(last?.offset).toBe(gateway.offset);
}

function expectWell(outcome: Outcome): void {
  expect(outcome.state).toBe("open");
  expectTold(outcome, outcome.heard);
  expectTold(outcome, outcome.taken);
  for (const messages of outcome.joined) {
    expect(offsetFaults(messages)).toEqual([]);
    expectUpToDate(outcome, messages);
  }
  expect(TURNS).toEqual(expect.arrayContaining([...new Set(outcome.turns)]));
  expect(outcome.leaks).toBe(0);
}

describe.each(CARRIERS)(
  "over %s an application sees contiguous offsets, or is told",
  (carrier, runs) => {
    const all = { numRuns: runs };

    it("whatever happens", { timeout: 120_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(settings, honestSteps, async (setting, steps) => {
          const outcome = await play(carrier, setting, steps);
          expectWell(outcome);
          expect(outcome.errors.filter((code) => code !== "bad_message")).toEqual([]);
          if (!setting.snapshots) return;
          for (const messages of [outcome.heard, outcome.taken, ...outcome.joined]) {
            expect(replay(messages)).toEqual(outcome.gateway.keys);
          }
        }),
        all,
      );
    });

    it("even by a gateway that swallows, repeats and skips messages", {
      timeout: 120_000,
    }, async () => {
      await fc.assert(
        fc.asyncProperty(settings, lyingSteps, async (setting, steps) => {
          expectWell(await play(carrier, setting, steps));
        }),
        all,
      );
    });
  },
);

it.each(FINAL)("an application learns that the connection has failed with %i", async (code) => {
  const setting: Setting = { reading: "before", snapshots: false, jitter: [0.5] };
  const outcome = await play("websocket", setting, [{ do: "change" }, { do: "drop", code }]);
  expect(outcome.state).toBe("failed");
  expect(faults(outcome.heard)).toEqual([]);
  expect(outcome.errors).toHaveLength(1);
  expect(outcome.leaks).toBe(0);
});

it("the oracle finds losses, repetitions and disorder", () => {
  const first = event(1, { time: 1 });
  expect(faults([first, event(3, { time: 2 })])).toEqual(["event 3 behind 1"]);
  expect(faults([first, event(2, { time: 3 })])).toEqual(["event 3 behind event 1"]);
  expect(faults([first, first])).toHaveLength(2);
  expect(faults([first, gap(2), event(3, { time: 1 })])).toEqual(["event 1 behind event 1"]);
  expect(faults([first, gap(5, { missed: 3 })])).toEqual(["gap 5 behind 1"]);
  expect(faults([first, gap(4, { missed: 3 }), event(5, { time: 5 })])).toEqual([]);
});
