import type { OpenValues } from "@keywire/gateway/values";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type StandaloneRedis, startRedis } from "../support/index.js";
import { bytes, valuesOf } from "./values-of.js";

const KIB = 1_024;
const MIB = 1_024 * KIB;
/** What a read over the limit may bring over the network, and the question how much it was. */
const LITTLE = 100 * KIB;

let server: StandaloneRedis;
let redis: Redis;
let opened: OpenValues;

beforeAll(async () => {
  server = await startRedis();
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

async function sentByRedis(): Promise<number> {
  const stats = await redis.info("stats");
  return Number(/total_net_output_bytes:(\d+)/.exec(stats)?.[1]);
}

/** The value, and how many bytes Redis sent for it. */
async function costOf(key: string, event?: string) {
  const before = await sentByRedis();
  const { value } = await opened.values.read(0, bytes(key), event === undefined ? {} : { event });
  return { value, cost: (await sentByRedis()) - before };
}

describe("the limit of bytes", () => {
  it("a string at the limit is told, one byte more is not", async () => {
    await redis.set("s", "x".repeat(64 * KIB));
    expect((await costOf("s")).value).toEqual({ type: "string", data: "x".repeat(64 * KIB) });
    await redis.append("s", "x");
    const { value } = await costOf("s", "append");
    expect(value).toEqual({ type: "string", truncated: true, length: 64 * KIB + 1 });
  });

  it("holds before the bytes cross the network, for few huge elements as for strings", async () => {
    const huge = Buffer.alloc(10 * MIB, "x");
    await redis.set("string", huge);
    // Small in the middle of many: an average would not show it.
    await redis.hset("hash", Object.fromEntries(Array.from({ length: 900 }, (_, i) => [i, "x"])));
    await redis.hset("hash", "450x", huge);
    await redis.rpush("list", "small", huge, "small");
    await redis.sadd("set", "small", huge);
    await redis.zadd("zset", 1, "small", 2, huge);
    const lengths = { string: 10 * MIB, hash: 901, list: 3, set: 2, zset: 2 };
    for (const [type, length] of Object.entries(lengths)) {
      const { value, cost } = await costOf(type);
      expect(value).toEqual({ type, truncated: true, length });
      expect(cost, `bytes for the ${type}`).toBeLessThan(LITTLE);
    }
  });

  it("holds for a key that was small when it was read before", async () => {
    await redis.hset("h", "f", "small");
    expect((await costOf("h", "hset")).value).toEqual({ type: "hash", data: { f: "small" } });
    await redis.hset("h", "g", Buffer.alloc(10 * MIB, "x"));
    const { value, cost } = await costOf("h", "hset");
    expect(value).toEqual({ type: "hash", truncated: true, length: 2 });
    expect(cost).toBeLessThan(LITTLE);
  });

  it("what Redis needs around elements does not count", async () => {
    const fields = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, i) => [`field number ${i}`, `the value in the field ${i}`]),
    );
    await redis.hset("h", fields);
    const used = Number(await redis.memory("USAGE", "h", "SAMPLES", 0));
    expect(used).toBeGreaterThan(64 * KIB);
    expect((await costOf("h")).value).toEqual({ type: "hash", data: fields });
  });
});

describe("the limit of elements", () => {
  it.each([
    ["list", (n: number) => redis.rpush("k", ...numbers(n))],
    ["set", (n: number) => redis.sadd("k", ...numbers(n))],
    ["zset", (n: number) => redis.zadd("k", ...numbers(n).flatMap((i) => [i, `${i}`]))],
    ["hash", (n: number) => redis.hset("k", ...numbers(n).flatMap((i) => [`${i}`, "x"]))],
  ])("a %s at the limit is told, one more is not, nor a huge one", async (type, fill) => {
    await fill(1_000);
    const { value } = await costOf("k");
    expect(value).toMatchObject({ type });
    expect(value).not.toHaveProperty("truncated");
    await fill(1_001);
    expect((await costOf("k")).value).toMatchObject({ type, truncated: true });
    await fill(20_000);
    const huge = await costOf("k");
    expect(huge.value).toMatchObject({ type, truncated: true });
    expect(huge.cost).toBeLessThan(LITTLE);
  });

  it("limits may be set", async () => {
    const small = valuesOf(server.url, { values: { bytes: 4, elements: 2 } });
    await redis.set("s", "12345");
    await redis.rpush("l", "a", "b", "c");
    await redis.rpush("ok", "ab", "cd");
    const read = async (key: string) => (await small.values.read(0, bytes(key))).value;
    expect(await read("s")).toEqual({ type: "string", truncated: true, length: 5 });
    expect(await read("l")).toEqual({ type: "list", truncated: true, length: 3 });
    expect(await read("ok")).toEqual({ type: "list", data: ["ab", "cd"] });
    await redis.rpush("wide", "abc", "de");
    expect(await read("wide")).toEqual({ type: "list", truncated: true, length: 2 });
    small.close();
    expect(() => valuesOf(server.url, { values: { bytes: 0 } })).toThrow("at least 1 byte");
  });
});

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
