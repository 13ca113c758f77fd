import type { OpenValues } from "@keywire/gateway/values";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type StandaloneRedis, startRedis } from "../support/index.js";
import { bytes, valuesOf } from "./values-of.js";

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

const read = (key: string | Buffer, event?: string, db = 0) =>
  opened.values.read(db, Buffer.from(key), event === undefined ? {} : { event });

const NOT_UTF8 = Buffer.from([0xff, 0xfe, 0x00]);

describe("a value names its type", () => {
  it("string, with and without a time to live, empty too", async () => {
    await redis.set("s", "paid ✓");
    expect(await read("s")).toEqual({ value: { type: "string", data: "paid ✓" } });
    await redis.set("s", "", "PX", 60_000);
    const { value, ttl } = await read("s", "set");
    expect(value).toEqual({ type: "string", data: "" });
    expect(ttl).toBeGreaterThan(50_000);
    expect(ttl).toBeLessThanOrEqual(60_000);
  });

  it("hash, also where a field has a name that objects have a use for", async () => {
    await redis.hset("h", { state: "paid", __proto__x: "1" });
    await redis.hset("h", "__proto__", "kept");
    const { value } = await read("h", "hset");
    expect(JSON.parse(JSON.stringify(value))).toEqual(
      JSON.parse('{"type":"hash","data":{"state":"paid","__proto__x":"1","__proto__":"kept"}}'),
    );
  });

  it("list in order, set, sorted set by score", async () => {
    await redis.rpush("l", "a", "b", "a");
    await redis.sadd("m", "a", "b");
    await redis.zadd("z", 1.5, "a", -2, "b", "+inf", "max", "-inf", "min", 3e20, "big");
    expect((await read("l")).value).toEqual({ type: "list", data: ["a", "b", "a"] });
    const set = (await read("m")).value;
    expect(set).toMatchObject({ type: "set", data: expect.arrayContaining(["a", "b"]) });
    expect((await read("z", "zadd")).value).toEqual({
      type: "zset",
      data: [
        ["min", "-inf"],
        ["b", -2],
        ["a", 1.5],
        ["big", 3e20],
        ["max", "inf"],
      ],
    });
  });

  it("stream by its end, whatever its entries hold", async () => {
    await redis.xadd("x", "1-0", "f", "v");
    await redis.xadd("x", "5-3", "f", NOT_UTF8);
    expect((await read("x", "xadd")).value).toEqual({ type: "stream", length: 2, last: "5-3" });
    await redis.xtrim("x", "MAXLEN", 0);
    expect((await read("x")).value).toEqual({ type: "stream", length: 0, last: "0-0" });
  });

  it("null where the key does not exist, at once or by now", async () => {
    expect(await read("nobody")).toEqual({ value: null });
    expect(await read("nobody", "del")).toEqual({ value: null });
    expect(await read("nobody", "hset")).toEqual({ value: null });
  });

  it("a type that was guessed wrong is read as what it is", async () => {
    await redis.set("s", "x");
    await redis.rpush("l", "x");
    expect((await read("s", "hset")).value).toEqual({ type: "string", data: "x" });
    expect((await read("l", "set")).value).toEqual({ type: "list", data: ["x"] });
    expect((await read("l", "del")).value).toEqual({ type: "list", data: ["x"] });
    await redis.del("l");
    await redis.hset("l", "f", "x");
    expect((await read("l", "expire")).value).toEqual({ type: "hash", data: { f: "x" } });
  });

  it("of any database, each its own, and refuses one that the server has not", async () => {
    const db3 = new Redis({ port: server.node.port, db: 3 });
    await db3.set("k", "three");
    await redis.set("k", "zero");
    db3.disconnect();
    const [three, zero, missing, refused] = await Promise.allSettled([
      read("k", "set", 3),
      read("k", "set", 0),
      read("k", "set", 15),
      read("k", "set", 16),
    ]);
    expect(three).toMatchObject({ value: { value: { data: "three" } } });
    expect(zero).toMatchObject({ value: { value: { data: "zero" } } });
    expect(missing).toMatchObject({ value: { value: null } });
    expect(refused).toMatchObject({ reason: { code: "bad_request" } });
    expect(String((refused as PromiseRejectedResult).reason)).toContain("DB index is out of range");
    // What comes behind the refused SELECT is about its own database.
    expect(await read("k")).toEqual({ value: { type: "string", data: "zero" } });
  });
});

describe("bytes that are not text", () => {
  it("stand whole in base64, in the shape of the type, nothing altered", async () => {
    await redis.set("s", NOT_UTF8);
    await redis.hset("h", NOT_UTF8, "text");
    await redis.hset("h", "f", "v");
    await redis.rpush("l", "text", NOT_UTF8);
    await redis.sadd("m", NOT_UTF8);
    await redis.zadd("z", 1, NOT_UTF8);
    const base64 = (value: string | Buffer) => Buffer.from(value).toString("base64");
    expect((await read("s")).value).toEqual({ type: "string", base64: base64(NOT_UTF8) });
    expect((await read("h")).value).toEqual({
      type: "hash",
      base64: { [base64(NOT_UTF8)]: base64("text"), [base64("f")]: base64("v") },
    });
    expect((await read("l")).value).toEqual({
      type: "list",
      base64: [base64("text"), base64(NOT_UTF8)],
    });
    expect((await read("m")).value).toEqual({ type: "set", base64: [base64(NOT_UTF8)] });
    expect((await read("z")).value).toEqual({ type: "zset", base64: [[base64(NOT_UTF8), 1]] });
  });

  it("a byte order mark and unusual characters are text like any other", async () => {
    const text = "\ufeffa\u0000\ufffd😀";
    await redis.set("s", text);
    expect((await read("s")).value).toEqual({ type: "string", data: text });
  });

  it("keys may be any bytes", async () => {
    const key = Buffer.from([0, 255, 13, 10, 36]);
    await redis.set(key, "1");
    expect((await read(key)).value).toEqual({ type: "string", data: "1" });
    expect(await opened.values.read(0, bytes(""), {})).toEqual({ value: null });
  });
});
