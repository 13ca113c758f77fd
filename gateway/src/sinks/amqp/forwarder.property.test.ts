import fc from "fast-check";
import { expect, it } from "vitest";
import { Story } from "./testing/story.js";

type Act =
  | { readonly kind: "raise"; readonly count: number; readonly key: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "move"; readonly key: number }
  | { readonly kind: "hand"; readonly gateway: number }
  | { readonly kind: "cut"; readonly taken: number }
  | { readonly kind: "broker"; readonly to: "up" | "down" | "frozen" | "blocked" | "unblocked" }
  | { readonly kind: "redis"; readonly to: "up" | "away" | "forgetful" | "full" }
  | { readonly kind: "refuse"; readonly count: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("raise" as const),
      count: fc.integer({ min: 1, max: 40 }),
      key: fc.nat(2),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.constantFrom(1, 2, 3, 7, 50, 700, 3_000, 12_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("move" as const), key: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("hand" as const), gateway: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cut" as const), taken: fc.nat(30) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("broker" as const),
      to: fc.constantFrom(
        "up" as const,
        "down" as const,
        "frozen" as const,
        "blocked" as const,
        "unblocked" as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("redis" as const),
      to: fc.constantFrom("up" as const, "away" as const, "forgetful" as const, "full" as const),
    }),
  },
);

/** Whatever happens: each event arrives, those of a key in order, and repeated ones are counted. */
it("loses nothing, in order per key, and knows what it repeats", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 60 }), async (acts) => {
      const story = new Story({}, 2);
      const keys: number[] = [];
      const homes = [0, 1, 0];
      for (const one of acts) await play(one, story, homes, keys);
      await recover(story);
      expect([...story.firsts()].sort((a, b) => a - b)).toEqual(keys.map((_, number) => number));
      for (const key of homes.keys()) {
        const own = story.firsts().filter((number) => keys[number] === key);
        expect(own).toEqual([...own].sort((a, b) => a - b));
      }
      const twice = story.arrived().length - keys.length;
      expect(twice).toBeLessThanOrEqual(story.repeated());
      expect(story.done.size).toBe(keys.length);
      expect(story.redis.length).toBe(0);
      await story.close();
      expect(story.clock.pending).toBe(0);
    }),
    { numRuns: 400 },
  );
});

async function play(one: Act, story: Story, homes: number[], keys: number[]): Promise<void> {
  switch (one.kind) {
    case "raise":
      for (let index = 0; index < one.count; index++) keys.push(one.key);
      return story.raise(one.count, one.key, homes[one.key]);
    case "pass":
      return story.clock.advance(one.ms);
    case "move":
      // A part goes over when all that the gateway was handed of it is done.
      return move(one.key, story, homes, keys);
    case "hand": {
      const gateway = story.gatewayOf(one.gateway);
      if (gateway.status().connection.state === "disconnected") return gateway.connect();
      return gateway.disconnect();
    }
    case "cut":
      return story.broker.cut((index) => index < one.taken);
    case "broker":
      return setBroker(one.to, story);
    case "redis":
      if (one.to === "forgetful") story.redis.losesNextAnswer = true;
      else story.redis.state = one.to;
      return;
    case "refuse":
      story.broker.refusesNext += one.count;
  }
}

async function move(key: number, story: Story, homes: number[], keys: number[]): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    if (keys.every((owner, number) => owner !== key || story.done.has(number))) {
      homes[key] = 1 - (homes[key] ?? 0);
      return;
    }
    await story.clock.advance(5);
  }
}

function setBroker(to: Extract<Act, { kind: "broker" }>["to"], story: Story): void {
  const { broker } = story;
  if (to === "blocked" || to === "unblocked") {
    if (broker.state === "up") broker.block(to === "blocked");
  } else if (to === "down") broker.stop();
  else if (to === "frozen") broker.state = "frozen";
  else if (broker.state === "frozen") broker.thaw();
  else broker.state = "up";
}

async function recover(story: Story): Promise<void> {
  const { broker, redis } = story;
  redis.state = "up";
  redis.losesNextAnswer = false;
  broker.state = broker.state === "frozen" ? broker.state : "up";
  broker.isBlocked = false;
  broker.thaw();
  broker.block(false);
  for (const gateway of story.gateways) gateway.connect();
  await story.clock.advance(90_000);
}
