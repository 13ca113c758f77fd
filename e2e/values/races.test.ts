import { openKeyspace } from "@keywire/gateway/keyspace";
import type { OpenValues } from "@keywire/gateway/values";
import { parseChannel } from "@keywire/shared";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  collect,
  hold,
  type StandaloneRedis,
  startProxy,
  startRedis,
  waitFor,
} from "../support/index.js";
import { bytes, valuesOf } from "./values-of.js";

let server: StandaloneRedis;
let redis: Redis;
let opened: OpenValues;

beforeAll(async () => {
  server = await startRedis({ args: ["--notify-keyspace-events", "KEAm"] });
  redis = server.client;
  opened = valuesOf(server.url);
});

afterAll(async () => {
  opened?.close();
  await server?.stop();
});

beforeEach(async () => {
  await redis.flushall();
});

const EVENTS = ["set", "hset", "rpush", "zadd", "del", "expire"];

/** Numbers below a bound, in no order, the same ones for the same seed. */
function picker(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

describe("keys that change while they are read", () => {
  it("are told as they were at one moment, whatever type they take", async () => {
    const writer = new Redis({ port: server.node.port, enableAutoPipelining: true });
    hold(() => writer.disconnect());
    let state: "writing" | "done" = "writing";
    const writes: (() => Promise<unknown>)[] = [
      // Each life of the key says the same thing of itself in every part.
      () => writer.multi().del("k").set("k", "string", "PX", 600_000).exec(),
      () => writer.multi().del("k").hset("k", "is", "hash").exec(),
      () => writer.multi().del("k").rpush("k", "list").pexpire("k", 900_000).exec(),
      () => writer.multi().del("k").zadd("k", 1, "zset").exec(),
      () => writer.del("k"),
    ];
    const pick = picker(1);
    const writing = (async () => {
      while (state === "writing") {
        await writes[pick(writes.length)]?.();
        // Some lives last longer than others.
        for (let pause = pick(8); pause > 0; pause--) await writer.ping();
      }
    })();
    const seen = new Map<string, number>();
    const failures: string[] = [];
    for (let turn = 0; turn < 3_000; turn++) {
      const event = EVENTS[pick(EVENTS.length)] as string;
      const told = await opened.values.read(0, bytes("k"), { event }).then(
        ({ value, ttl }) => JSON.stringify({ value, ttl: ttl && Math.ceil(ttl / 100_000) }),
        (error: Error) => {
          failures.push(error.message);
          return "failed";
        },
      );
      seen.set(told, (seen.get(told) ?? 0) + 1);
    }
    state = "done";
    await writing;
    const possible = [
      '{"value":{"type":"string","data":"string"},"ttl":6}',
      '{"value":{"type":"hash","data":{"is":"hash"}}}',
      '{"value":{"type":"list","data":["list"]},"ttl":9}',
      '{"value":{"type":"zset","data":[["zset",1]]}}',
      '{"value":null}',
    ];
    seen.delete("failed");
    expect([...seen.keys()].sort()).toEqual(possible.sort());
    // A type that changes faster than it can be looked at is given up, and said to be.
    for (const message of failures) expect(message).toContain("changed its type again and again");
    expect(failures.length).toBeLessThan(300);
  });

  it("that vanish between two trips are told as gone", async () => {
    const slow = await startProxy(server.node.port);
    hold(() => slow.stop());
    const far = valuesOf(`redis://127.0.0.1:${slow.port}/0`);
    await far.values.read(0, bytes("warm"));
    await redis.hset("h", "f", "v");
    slow.delay(20);
    const trips = far.values.status().trips;
    const read = far.values.read(0, bytes("h"), { event: "hset" });
    await waitFor(() => far.values.status().trips === trips + 2, { what: "the second trip" });
    await redis.del("h");
    expect(await read).toEqual({ value: null });
    far.close();
  });
});

describe("reading is quiet", () => {
  it("a subscriber that reads what was missed does not miss it again and again", async () => {
    const keyspace = await openKeyspace({ redis: server.url });
    hold(() => keyspace.close());
    const events = collect<string>();
    const reads: Promise<unknown>[] = [];
    await keyspace.subscribe(parseChannel("event:keymiss"), {
      notification: ({ db, key, event }) => {
        events.add(`${event} ${key}`);
        reads.push(opened.values.read(db, key, { event }));
      },
      gap: () => {},
    });
    await redis.get("nobody");
    await events.atLeast(1);
    await Promise.all(reads);
    // What it raised by itself stands before the miss of another.
    await redis.get("end");
    await events.first((event) => event === "keymiss end");
    expect(events.items).toEqual(["keymiss nobody", "keymiss end"]);
  });

  it("asks one command of a key that should be gone, and no command twice of one that is there", async () => {
    await redis.config("RESETSTAT");
    await redis.set("s", "1");
    await opened.values.read(0, bytes("s"), { event: "set" });
    await opened.values.read(0, bytes("nobody"), { event: "expired" });
    const stats = await redis.info("commandstats");
    const calls = [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(
      ([, name, n]) => `${name} ${n}`,
    );
    const own = new Set(["config|resetstat 1", "set 1"]);
    expect(calls.filter((call) => !own.has(call)).sort()).toEqual([
      "exec 1",
      "getrange 1",
      "multi 1",
      "object|encoding 1",
      "pttl 1",
      "strlen 1",
      "type 1",
    ]);
  });
});
