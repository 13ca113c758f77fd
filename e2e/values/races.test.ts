import { openKeyspace } from "@keywire/gateway/keyspace";
import type { OpenValues } from "@keywire/gateway/values";
import { parseChannel } from "@keywire/shared";
import { type ChainableCommander, Redis } from "ioredis";
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

/** Long enough for Redis to turn to other clients in the middle of what is asked of one key. */
const KEYS = Array.from({ length: 100 }, (_, index) => `${index}:${"k".repeat(200)}`);

/** What a key may become. Each life says the same thing of itself in every part. */
const LIVES: readonly ((transaction: ChainableCommander, key: string) => ChainableCommander)[] = [
  (transaction, key) => transaction.set(key, "string", "PX", 600_000),
  (transaction, key) => transaction.hset(key, "is", "hash"),
  (transaction, key) => transaction.rpush(key, "list").pexpire(key, 900_000),
  (transaction, key) => transaction.zadd(key, 1, "zset"),
  (transaction) => transaction,
];

const TURNS = 80;
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
    const writer = new Redis({ port: server.node.port });
    hold(() => writer.disconnect());
    const pick = picker(1);
    let state: "writing" | "done" = "writing";
    const writing = (async () => {
      while (state === "writing") {
        await Promise.all(
          KEYS.map((key) => LIVES[pick(LIVES.length)]?.(writer.multi().del(key), key).exec()),
        );
        // Some lives last longer than others.
        for (let pause = pick(8); pause > 0; pause--) await writer.ping();
      }
    })();
    const seen = new Set<string>();
    const failures: string[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      const event = EVENTS[pick(EVENTS.length)] as string;
      const reads = KEYS.map((key) => opened.values.read(0, bytes(key), { event }));
      for (const read of await Promise.allSettled(reads)) {
        if (read.status === "rejected") failures.push(String(read.reason));
        else {
          const { value, ttl } = read.value;
          seen.add(JSON.stringify({ value, ttl: ttl && Math.ceil(ttl / 100_000) }));
        }
      }
    }
    state = "done";
    await writing;
    expect([...seen].sort()).toEqual([
      '{"value":null}',
      '{"value":{"type":"hash","data":{"is":"hash"}}}',
      '{"value":{"type":"list","data":["list"]},"ttl":9}',
      '{"value":{"type":"string","data":"string"},"ttl":6}',
      '{"value":{"type":"zset","data":[["zset",1]]}}',
    ]);
    // A type that changes faster than it can be looked at is given up, and said to be.
    for (const message of failures) expect(message).toContain("changed its type again and again");
    expect(failures.length).toBeLessThan(0.1 * TURNS * KEYS.length);
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
    // A look at the server's role may fall into the same moment.
    const others = /^(config\|resetstat|set|role) /;
    expect(calls.filter((call) => !others.test(call)).sort()).toEqual([
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
