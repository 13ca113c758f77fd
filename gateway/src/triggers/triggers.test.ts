import { utf8Decode } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { LibraryError } from "./engine/ports.js";
import { LONG_GONE } from "./statistics/ledger.js";
import { source } from "./testing/fake-library.js";
import { type FakeGateway, Gateways } from "./testing/gateways.js";

const shop = (prefix = "user:", more: Partial<Parameters<typeof source>[0]> = {}) =>
  source({ name: "shop", triggers: [{ name: "consumer", prefix }], ...more });

/** The statistics of a trigger as the list has them. */
async function statistics(
  { triggers }: FakeGateway,
  trigger = "consumer",
  library = "shop",
): Promise<Record<string, unknown> | undefined> {
  const [listed] = await triggers.list({ verbosity: 1, withCode: false }, library);
  const all = listed?.["keyspace_triggers"] as Record<string, unknown>[];
  return all.find(({ name }) => name === trigger);
}

/** Loading waits for other gateways, in virtual time. */
async function done<T>(gateways: Gateways, task: Promise<T>): Promise<T> {
  let isOver = false;
  const over = task.finally(() => {
    isOver = true;
  });
  over.catch(() => {});
  for (let turn = 0; turn < 500 && !isOver; turn++) await gateways.clock.advance(10);
  return over;
}

describe("loading", () => {
  it("is seen by every gateway before it is answered", async () => {
    const gateways = new Gateways();
    const [one, other] = [await gateways.start(), await gateways.start()];
    expect(await done(gateways, one.triggers.load(shop()))).toEqual({
      name: "shop",
      replaced: false,
    });
    for (const { triggers, interests } of [one, other]) {
      expect(triggers.status()).toEqual([{ name: "shop", isBroken: false, pending: 0 }]);
      expect(interests().map(({ kind, db, bytes }) => [kind, db, utf8Decode(bytes)])).toEqual([
        ["prefix", "*", "user:"],
      ]);
    }
  });

  it("refuses a name that is taken, and leaves nothing open", async () => {
    const gateways = new Gateways();
    const one = await gateways.start();
    await done(gateways, one.triggers.load(shop()));
    await expect(done(gateways, one.triggers.load(shop("other:")))).rejects.toMatchObject({
      code: "taken",
      message: expect.stringContaining("shop is loaded already"),
    });
    expect(one.engine.open).toBe(1);
    expect(one.interests()).toHaveLength(1);
  });

  it("compiles before it looks at the name", async () => {
    const gateways = new Gateways();
    const one = await gateways.start();
    await done(gateways, one.triggers.load(shop()));
    await expect(done(gateways, one.triggers.load("{"))).rejects.toThrow(SyntaxError);
  });

  it("of two gateways at once one is first, the other is told", async () => {
    const gateways = new Gateways();
    const [one, other] = [await gateways.start(), await gateways.start()];
    const outcomes = await done(
      gateways,
      Promise.allSettled([one.triggers.load(shop("a:")), other.triggers.load(shop("b:"))]),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const codes = [one, other].map(async ({ triggers }) => {
      const [listed] = await triggers.list({ verbosity: 0, withCode: true });
      return listed?.["code"];
    });
    const [mine, theirs] = await Promise.all(codes);
    expect(mine).toBe(theirs);
    expect(one.engine.open + other.engine.open).toBe(2);
  });

  it("two replacements at once end with the same library everywhere, and one life", async () => {
    const gateways = new Gateways();
    const [one, other] = [await gateways.start(), await gateways.start()];
    await done(gateways, one.triggers.load(shop()));
    one.feed("user:1", "set");
    await done(
      gateways,
      Promise.all([
        one.triggers.load(shop("a:"), { replace: true }),
        other.triggers.load(shop("b:"), { replace: true }),
      ]),
    );
    expect(one.interests()).toEqual(other.interests());
    await gateways.clock.advance(1_000);
    expect(await statistics(other)).toMatchObject({ num_triggered: 1 });
  });

  it("tells that Redis is away, and keeps nothing of what it tried", async () => {
    const gateways = new Gateways();
    const one = await gateways.start();
    gateways.redis.fault = new Error("away");
    await expect(done(gateways, one.triggers.load(shop()))).rejects.toMatchObject({
      code: "unavailable",
    });
    expect(one.triggers.status()).toEqual([]);
  });
});

describe("replacing", () => {
  it("keeps statistics by the trigger's name; names that are gone vanish, new ones begin at 0", async () => {
    const gateways = new Gateways();
    const one = await gateways.start();
    const before = source({
      name: "shop",
      triggers: [
        { name: "stays", prefix: "a:" },
        { name: "goes", prefix: "a:" },
      ],
    });
    await done(gateways, one.triggers.load(before));
    one.feed("a:1", "set");
    await gateways.clock.advance(1_000);
    const after = source({
      name: "shop",
      triggers: [
        { name: "comes", prefix: "b:" },
        { name: "stays", prefix: "b:" },
      ],
    });
    const loaded = await done(gateways, one.triggers.load(after, { replace: true }));
    expect(loaded).toEqual({ name: "shop", replaced: true });
    one.feed("a:1", "set");
    one.feed("b:1", "set");
    await gateways.clock.advance(1_000);
    expect(await statistics(one, "stays")).toMatchObject({ num_triggered: 2, num_success: 2 });
    expect(await statistics(one, "comes")).toMatchObject({ num_triggered: 1 });
    expect(await statistics(one, "goes")).toBeUndefined();
    // One that comes back is another one.
    await done(gateways, one.triggers.load(before, { replace: true }));
    expect(await statistics(one, "goes")).toMatchObject({ num_triggered: 0 });
  });

  it("that fails leaves the old library as it was", async () => {
    const gateways = new Gateways();
    const [one, other] = [await gateways.start(), await gateways.start()];
    await done(gateways, one.triggers.load(shop()));
    const broken = shop("b:", { fault: "x is not defined" });
    await expect(done(gateways, one.triggers.load(broken, { replace: true }))).rejects.toThrow(
      LibraryError,
    );
    one.feed("user:1", "set");
    await gateways.clock.advance(1_000);
    for (const gateway of [one, other]) {
      expect(await statistics(gateway)).toMatchObject({ prefix: "user:", num_success: 1 });
    }
  });

  it("lets what is under way end, into the same counters, before the old sandbox is closed", async () => {
    const gateways = new Gateways();
    const one = await gateways.start();
    await done(gateways, one.triggers.load(shop()));
    let finish = () => {};
    one.engine.behave = () => new Promise<void>((resolve) => (finish = resolve));
    const fed = one.feed("user:1", "set");
    await done(gateways, one.triggers.load(shop("u:"), { replace: true }));
    expect(one.engine.open).toBe(2);
    expect(await statistics(one)).toMatchObject({ num_triggered: 1, num_finished: 0 });
    finish();
    await gateways.clock.advance(1_000);
    expect(one.engine.open).toBe(1);
    expect(fed.isDone).toBe(true);
    expect(await statistics(one)).toMatchObject({ num_triggered: 1, num_success: 1 });
  });

  it("refuses another prefix for a stream trigger", async () => {
    const gateways = new Gateways();
    const one = await gateways.start();
    const reading = (at: string, window: number) =>
      source({ name: "shop", streams: [{ name: "s", at, window }] });
    await done(gateways, one.triggers.load(reading("a:", 1)));
    await expect(
      done(gateways, one.triggers.load(reading("b:", 1), { replace: true })),
    ).rejects.toMatchObject({ code: "stream_prefix" });
    await done(gateways, one.triggers.load(reading("a:", 5), { replace: true }));
    expect(one.engine.open).toBe(1);
  });
});

describe("following", () => {
  it("needs no announcement: each gateway looks for itself", async () => {
    const gateways = new Gateways();
    const [one, other] = [await gateways.start(), await gateways.start()];
    gateways.redis.listeners.clear();
    await done(gateways, one.triggers.load(shop()));
    await gateways.clock.advance(5_000);
    expect(other.triggers.status()).toMatchObject([{ name: "shop" }]);
    await done(gateways, other.triggers.delete("shop"));
    await gateways.clock.advance(5_000);
    expect(one.triggers.status()).toEqual([]);
    expect(one.engine.open).toBe(0);
    expect(one.interests()).toEqual([]);
  });

  it("is not waited for where a gateway is gone", async () => {
    const gateways = new Gateways();
    const one = await gateways.start();
    gateways.redis.data.followers.set("gone", {
      version: "old",
      at: gateways.clock.now() - 60_000,
    });
    const before = gateways.clock.now();
    await done(gateways, one.triggers.load(shop()));
    expect(gateways.clock.now() - before).toBeLessThan(100);
  });

  it("shows a library that does not load on another gateway, and counts what it misses there", async () => {
    const gateways = new Gateways();
    const [one, other] = [await gateways.start(), await gateways.start()];
    other.engine.refusal = new LibraryError("compilation", "unexpected token", 3);
    await done(gateways, one.triggers.load(shop()));
    expect(one.triggers.status()).toMatchObject([{ isBroken: false }]);
    expect(other.triggers.status()).toMatchObject([{ isBroken: true }]);
    expect(other.reports).toContainEqual({
      event: "broken",
      library: "shop",
      message: "unexpected token",
    });
    expect(other.interests()).toEqual(one.interests());
    const fed = other.feed("user:1", "set");
    await gateways.clock.advance(1_000);
    expect(fed.isDone).toBe(true);
    const [listed] = await other.triggers.list({ verbosity: 1, withCode: false });
    expect(listed).toMatchObject({
      name: "shop",
      problem: { message: "unexpected token", line: 3 },
      missed: { events: 1, last: { reason: "broken" } },
    });
    await expect(
      other.triggers.call("shop", "f", { keys: [], args: [], db: 0 }),
    ).rejects.toMatchObject({ code: "broken" });
  });

  it("tries a library anew that did not load on another gateway", async () => {
    const gateways = new Gateways();
    const [one, other] = [await gateways.start(), await gateways.start()];
    other.engine.refusal = new LibraryError("evaluation", "stopped after 500 ms");
    await done(gateways, one.triggers.load(shop()));
    await gateways.clock.advance(30_000);
    expect(other.reports.filter(({ event }) => event === "broken")).toHaveLength(1);
    other.engine.refusal = undefined;
    await gateways.clock.advance(60_000);
    expect(other.triggers.status()).toMatchObject([{ isBroken: false }]);
    expect(other.reports.at(-1)).toEqual({ event: "loaded", library: "shop" });
    other.feed("user:1", "set");
    expect(other.engine.fired).toMatchObject([{ key: "user:1" }]);
  });

  it("puts the libraries back when Redis lost all it had, with what was counted", async () => {
    const gateways = new Gateways();
    const [one, other] = [await gateways.start(), await gateways.start()];
    await done(gateways, one.triggers.load(shop()));
    one.feed("user:1", "set");
    await gateways.clock.advance(1_000);
    gateways.redis.flush();
    await gateways.clock.advance(10_000);
    const late = await gateways.start();
    await gateways.clock.advance(1_000);
    for (const gateway of [one, other, late]) {
      expect(await statistics(gateway)).toMatchObject({ num_triggered: 1 });
    }
    expect(one.engine.open).toBe(1);
  });
});

describe("events", () => {
  it("fire in the order of registration, by bytes of the prefix, filtered before any library hears", async () => {
    const gateways = new Gateways();
    const one = await gateways.start();
    const library = source({
      name: "shop",
      triggers: [
        { name: "long", prefix: "user:1" },
        { name: "all", prefix: "" },
        { name: "sets", prefix: "user:", events: ["set", "hset"] },
      ],
    });
    await done(gateways, one.triggers.load(library));
    const feds = [one.feed("user:1", "set"), one.feed("user:2", "del"), one.feed("other", "new")];
    expect(one.engine.fired.map(({ trigger, key }) => `${trigger} ${key}`)).toEqual([
      "long user:1",
      "all user:1",
      "sets user:1",
      "all user:2",
    ]);
    await gateways.clock.advance(1_000);
    expect(feds.map(({ isDone }) => isDone)).toEqual([true, true, true]);
  });

  it("of libraries' own making, and of the gateways' own keys, fire nothing", async () => {
    const gateways = new Gateways();
    const one = await gateways.start();
    await done(gateways, one.triggers.load(shop("")));
    expect(one.feed("k", "set", "trigger:other.consumer").isDone).toBe(true);
    expect(one.feed("{keywire}:libraries", "hset").isDone).toBe(true);
    expect(one.engine.fired).toEqual([]);
  });

  it("are done once they are counted in Redis, not before", async () => {
    const gateways = new Gateways();
    const one = await gateways.start();
    await done(gateways, one.triggers.load(shop()));
    gateways.redis.fault = new Error("away");
    const fed = one.feed("user:1", "set");
    await gateways.clock.advance(1_000);
    expect(fed.isDone).toBe(false);
    gateways.redis.fault = undefined;
    await gateways.clock.advance(1_000);
    expect(fed.isDone).toBe(true);
  });

  it("are done when their library is deleted under them", async () => {
    const gateways = new Gateways();
    const one = await gateways.start();
    await done(gateways, one.triggers.load(shop()));
    let finish = () => {};
    one.engine.behave = () => new Promise<void>((resolve) => (finish = resolve));
    const fed = one.feed("user:1", "set");
    await done(gateways, one.triggers.delete("shop"));
    expect(fed.isDone).toBe(false);
    finish();
    await gateways.clock.advance(1_000);
    expect(fed.isDone).toBe(true);
    expect(one.engine.open).toBe(0);
  });

  it("beyond what may wait drop the oldest, counted and told", async () => {
    const gateways = new Gateways();
    const one = await gateways.start(10);
    await done(gateways, one.triggers.load(shop()));
    const finish: (() => void)[] = [];
    one.engine.behave = () => new Promise<void>((resolve) => void finish.push(resolve));
    const feds = Array.from({ length: 512 + 15 }, (_, key) => one.feed(`user:${key}`, "set"));
    while (finish.length > 0) {
      for (const end of finish.splice(0)) end();
      await gateways.clock.advance(10);
    }
    await gateways.clock.advance(1_000);
    const keys = one.engine.fired.map(({ key }) => Number(key.slice(5)));
    expect(keys).toHaveLength(522);
    expect(keys.slice(510, 514)).toEqual([510, 511, 517, 518]);
    expect(feds.every(({ isDone }) => isDone)).toBe(true);
    const [listed] = await one.triggers.list({ verbosity: 1, withCode: false });
    expect(listed?.["missed"]).toMatchObject({ events: 5, last: { reason: "queue" } });
    expect(one.reports.filter(({ event }) => event === "missed")).toHaveLength(5);
  });
});

describe("statistics", () => {
  it("take the time from the event's arrival, and keep the last error", async () => {
    const gateways = new Gateways();
    const one = await gateways.start();
    await done(gateways, one.triggers.load(shop()));
    one.engine.behave = async () => {
      gateways.monotonic += 2.5;
    };
    one.feed("user:1", "set");
    await gateways.clock.advance(1_000);
    one.engine.behave = async () => {
      gateways.monotonic += 1.5;
      throw new Error("no such thing (line 3)");
    };
    one.feed("user:1", "set");
    await gateways.clock.advance(1_000);
    one.engine.behave = async () => {};
    expect(await statistics(one)).toMatchObject({
      num_triggered: 2,
      num_finished: 2,
      num_success: 1,
      num_failed: 1,
      last_error: "no such thing (line 3)",
      last_execution_time: 1.5,
      total_execution_time: 4,
      avg_execution_time: 2,
    });
  });

  it("are the sum over all gateways, also after one died, and are not counted twice when it is folded", async () => {
    const gateways = new Gateways();
    const [one, other] = [await gateways.start(), await gateways.start()];
    await done(gateways, one.triggers.load(shop()));
    for (let count = 0; count < 3; count++) one.feed("user:1", "set");
    for (let count = 0; count < 4; count++) other.feed("user:2", "set");
    await gateways.clock.advance(1_000);
    expect(await statistics(one)).toMatchObject({ num_triggered: 7 });
    // A third one that only looks, long after the others' last sign of life.
    gateways.redis.fault = new Error("frozen");
    await gateways.clock.advance(LONG_GONE + 60_000);
    gateways.redis.fault = undefined;
    const late = await gateways.start();
    expect(await statistics(late)).toMatchObject({ num_triggered: 7 });
    expect(await statistics(late)).toMatchObject({ num_triggered: 7 });
    // Those that were folded come back, and go on counting.
    one.feed("user:1", "set");
    await gateways.clock.advance(60_000);
    other.feed("user:2", "set");
    await gateways.clock.advance(60_000);
    for (const gateway of [late, one, other]) {
      expect(await statistics(gateway)).toMatchObject({ num_triggered: 9 });
    }
  });
});

describe("events that never came", () => {
  it("are counted for each library that waits for some", async () => {
    const gateways = new Gateways();
    const one = await gateways.start();
    await done(gateways, one.triggers.load(shop()));
    one.triggers.worker.missed({ parts: [1], reason: "unattended", count: null, from: 1, to: 2 });
    one.triggers.worker.missed({ parts: [1], reason: "overflow", count: 7, from: 3, to: 4 });
    const [listed] = await one.triggers.list({ verbosity: 1, withCode: false });
    expect(listed?.["missed"]).toEqual({
      events: 7,
      stretches: 1,
      last: { reason: "overflow", count: 7, from: 3, to: 4 },
    });
  });
});
