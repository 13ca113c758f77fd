import fc from "fast-check";
import type { FakeGateway, Mischief, Reading } from "./fake-gateway.js";

/** Close codes after which a client comes back. */
const PASSING = [1000, 1001, 1006, 1011, 1012, 4408, 4413, 4429, 4999];
const MAX_STEPS = 40;

/** Something that happens to a client. */
export type Step =
  | { readonly do: "change" | "lose" | "restart" | "down" | "up" | "garble" | "goodbye" }
  | { readonly do: "join" | "leave" }
  | { readonly do: "overflow" | "forget" | "wait" | "take"; readonly by: number }
  | { readonly do: "drop"; readonly code: number }
  | { readonly do: "mischief"; readonly kind: Mischief };

const change = fc.constant<Step>({ do: "change" });
const honest: fc.Arbitrary<Step>[] = [
  fc.constantFrom<Step>({ do: "change" }, { do: "lose" }, { do: "restart" }),
  fc.constantFrom<Step>({ do: "down" }, { do: "up" }, { do: "garble" }, { do: "goodbye" }),
  fc.constantFrom<Step>({ do: "join" }, { do: "leave" }),
  fc.record({ do: fc.constantFrom("overflow", "take"), by: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: fc.constant("forget"), by: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ do: fc.constant("wait"), by: fc.integer({ min: 0, max: 40_000 }) }),
  fc.record({ do: fc.constant("drop"), code: fc.constantFrom(...PASSING) }),
];
const lying: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("mischief"),
  kind: fc.constantFrom("swallow", "repeat", "swallow_gap", "skip"),
});

// Without a size, arrays stay tiny whatever length they may have.
const lengths = { maxLength: MAX_STEPS, size: "max" } as const;
/** What happens around a gateway that keeps the protocol. */
export const honestSteps: fc.Arbitrary<Step[]> = fc.array(fc.oneof(change, ...honest), lengths);
/** The same around one that does not. */
export const lyingSteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(change, lying, ...honest),
  lengths,
);

/** What does not change while steps happen. */
export interface Setting {
  readonly reading: Reading;
  readonly snapshots: boolean;
  /** Random numbers, taken in turn. */
  readonly jitter: readonly number[];
}

export const settings: fc.Arbitrary<Setting> = fc.record({
  reading: fc.constantFrom<Reading>("before", "behind"),
  snapshots: fc.boolean(),
  jitter: fc.array(fc.double({ min: 0.05, max: 0.999, noNaN: true }), {
    minLength: 1,
    maxLength: 7,
  }),
});

/** Who else than the gateway takes part. */
export interface Stage {
  readonly gateway: FakeGateway;
  advance(ms: number): Promise<void>;
  take(): Promise<void>;
  join(): void;
  leave(): void;
}

export async function perform(step: Step, stage: Stage): Promise<void> {
  const { gateway } = stage;
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
    case "join":
      return stage.join();
    case "leave":
      return stage.leave();
    case "overflow":
      return gateway.overflow("c", step.by);
    case "forget":
      return gateway.forget(step.by);
    case "wait":
      return stage.advance(step.by);
    case "take":
      for (let time = 0; time < step.by; time++) void stage.take();
      return;
    case "drop":
      return gateway.drop(step.code);
    case "mischief":
      gateway.mischief = step.kind;
      return;
  }
}
