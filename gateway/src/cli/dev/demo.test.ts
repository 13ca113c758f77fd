import { VirtualClock } from "@keywire/shared/testing";
import { describe, expect, it } from "vitest";
import { Demo } from "./demo.js";
import { type Command, Shop } from "./shop.js";

/** Marsaglia's xorshift: the same numbers each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** What happens to each order, in order. */
function storiesOf(shop: Shop): string[][] {
  const stories = new Map<string, string[]>();
  const commands = Array.from({ length: 5_000 }, () => shop.next()).flat();
  for (const [name, key, , value] of commands) {
    if (!String(key).startsWith("order:")) continue;
    const chapter = name === "HSET" ? String(value) : name;
    stories.set(String(key), [...(stories.get(String(key)) ?? []), chapter]);
  }
  return [...stories.values()];
}

describe("the shop", () => {
  it("leaves a bounded number of keys that never expire, however long it runs", () => {
    const shop = new Shop(seeded(7));
    const lasting = new Set<string>();
    for (let step = 0; step < 50_000; step++) {
      for (const [name, key, ...args] of shop.next()) {
        const expires = name === "EXPIRE" || (name === "SET" && args.includes("EX"));
        if (name === "DEL" || expires) lasting.delete(String(key));
        else lasting.add(String(key));
      }
    }
    expect(lasting.size).toBeLessThan(60);
    expect([...lasting].filter((key) => key.startsWith("order:")).length).toBeLessThanOrEqual(24);
  });

  it("tells every order's story in order, and each story's end", () => {
    const told = new Set(storiesOf(new Shop(seeded(11))).map((story) => story.join(" ")));
    expect(told).toContain("created paid shipped delivered EXPIRE");
    expect(told).toContain("created DEL");
    const whole = ["created paid shipped delivered EXPIRE", "created DEL"];
    for (const story of told)
      expect(
        whole.some((one) => one.startsWith(story)),
        story,
      ).toBe(true);
  });

  it("writes no key of the gateway's own", () => {
    const shop = new Shop(seeded(3));
    for (let step = 0; step < 5_000; step++) {
      for (const [, key] of shop.next()) expect(String(key)).toMatch(/^[a-z]+:[a-z0-9]+$/);
    }
  });
});

describe("the demo", () => {
  function run(send: (commands: readonly Command[]) => Promise<unknown>) {
    const clock = new VirtualClock();
    const failures: unknown[] = [];
    const failed = (error: unknown) => void failures.push(error);
    const demo = new Demo({ send, clock, random: seeded(5), failed });
    demo.start();
    return { clock, demo, failures };
  }

  it("is lively but gentle: 10 to 20 commands per second", async () => {
    let sent = 0;
    const { clock, demo } = run(async (commands) => {
      sent += commands.length;
    });
    await clock.advance(60_000);
    expect(sent / 60).toBeGreaterThan(10);
    expect(sent / 60).toBeLessThan(20);
    await demo.stop();
    expect(clock.pending).toBe(0);
  });

  it("waits for the answer before it goes on, and stops for good", async () => {
    let sent = 0;
    let answer = () => {};
    const { clock, demo } = run(() => {
      sent += 1;
      return new Promise<void>((resolve) => {
        answer = resolve;
      });
    });
    await clock.advance(10_000);
    expect(sent).toBe(1);
    const stopped = demo.stop();
    answer();
    await stopped;
    await clock.advance(10_000);
    expect(sent).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it("tells a failure and goes on", async () => {
    let sent = 0;
    const { clock, demo, failures } = run(async () => {
      sent += 1;
      if (sent === 1) throw new Error("gone");
    });
    await clock.advance(2_000);
    expect(failures).toEqual([new Error("gone")]);
    expect(sent).toBeGreaterThan(3);
    await demo.stop();
  });
});
