import type { OpenValues } from "@keywire/gateway/values";
import { parseChannel } from "@keywire/shared";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type StandaloneRedis, startRedis } from "../support/index.js";
import { valuesOf } from "./values-of.js";

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

const snapshot = (channel: string, limit = 100, values = opened.values) =>
  values.snapshot(parseChannel(channel), limit);
const text = (data: string) => ({ type: "string", data });

describe("a snapshot", () => {
  it("of a key is its value, or nothing where it does not exist", async () => {
    await redis.set("k", "v", "PX", 60_000);
    expect(await snapshot("key:k")).toEqual({
      entries: [{ key: "k", value: text("v"), ttl: expect.any(Number) }],
      truncated: false,
    });
    expect(await snapshot("key:nobody")).toEqual({ entries: [], truncated: false });
    expect(await snapshot("rawkey:_w8")).toEqual({ entries: [], truncated: false });
  });

  it("of a prefix takes it literally, whatever it means as a glob", async () => {
    await redis.mset("a*b:1", "1", "a*b:2", "2", "axb:3", "3", "[x]", "4");
    expect((await snapshot("prefix:a*b:")).entries).toEqual([
      { key: "a*b:1", value: text("1") },
      { key: "a*b:2", value: text("2") },
    ]);
    expect((await snapshot("prefix:[x")).entries).toHaveLength(1);
    expect((await snapshot("pattern:a?b:[2-3]")).entries.map(({ key }) => key)).toEqual([
      "a*b:2",
      "axb:3",
    ]);
  });

  it("is sorted by the keys' bytes, those that are not text among them", async () => {
    const raw = Buffer.from([0x6b, 0xff]);
    for (const key of ["k\ufffd", "k10", "k2", "kä", raw]) await redis.set(key, "v");
    const { entries } = await snapshot("prefix:k");
    expect(entries.map(({ key, key_raw }) => key ?? key_raw)).toEqual([
      "k10",
      "k2",
      "kä",
      "k\ufffd",
      raw.toString("base64"),
    ]);
  });

  it("is of its own database", async () => {
    const db3 = new Redis({ port: server.node.port, db: 3 });
    await db3.set("k:3", "three");
    await redis.set("k:0", "zero");
    db3.disconnect();
    expect((await snapshot("prefix@3:k:")).entries).toEqual([{ key: "k:3", value: text("three") }]);
  });

  it("hides the gateways' own keys", async () => {
    await redis.mset("{keywire}:lease", "x", "{keywire", "shown");
    expect((await snapshot("prefix:{")).entries.map(({ key }) => key)).toEqual(["{keywire"]);
    expect((await snapshot("key:{keywire}:lease")).entries).toEqual([]);
  });

  it("says where more keys exist than were asked for", async () => {
    for (let index = 0; index < 20; index++) await redis.set(`k:${index}`, "v");
    expect(await snapshot("prefix:k:", 20)).toMatchObject({ truncated: false });
    const { entries, truncated } = await snapshot("prefix:k:", 19);
    expect(entries).toHaveLength(19);
    expect(truncated).toBe(true);
    expect(await snapshot("prefix:k:", 0)).toEqual({ entries: [], truncated: false });
  });

  it("says where the budget of iterations or time did not reach", async () => {
    const writes = redis.pipeline();
    for (let index = 0; index < 10_000; index++) writes.set(`other:${index}`, "v");
    await writes.exec();
    await redis.set("k", "v");
    expect(await snapshot("prefix:k", 10)).toMatchObject({ truncated: false });
    const few = valuesOf(server.url, { values: { scanIterations: 2 } });
    expect(await snapshot("prefix:k", 10, few.values)).toMatchObject({ truncated: true });
    const short = valuesOf(server.url, { values: { scanTime: 0 } });
    expect(await snapshot("prefix:k", 10, short.values)).toEqual({ entries: [], truncated: true });
    few.close();
    short.close();
  });

  it("ends where its bytes are full", async () => {
    for (let index = 0; index < 10; index++) await redis.set(`k:${index}`, "x".repeat(1_000));
    const small = valuesOf(server.url, { values: { snapshotBytes: 3_500 } });
    const { entries, truncated } = await snapshot("prefix:k:", 100, small.values);
    expect(entries.map(({ key }) => key)).toEqual(["k:0", "k:1", "k:2"]);
    expect(truncated).toBe(true);
    small.close();
  });

  it("asked for by many at once is taken once", async () => {
    await redis.set("k:1", "v");
    await redis.config("RESETSTAT");
    const taken = await Promise.all(Array.from({ length: 50 }, () => snapshot("prefix:k:")));
    expect(new Set(taken.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(await redis.info("commandstats")).toMatch(/cmdstat_scan:calls=1,/);
  });

  it("is refused for events, and for all databases at once", async () => {
    await expect(snapshot("event:set")).rejects.toMatchObject({ code: "unsupported" });
    await expect(snapshot("prefix@*:k")).rejects.toMatchObject({ code: "unsupported" });
  });
});
