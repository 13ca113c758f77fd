import { describe, expect, it } from "vitest";
import { source } from "../testing/fake-library.js";
import { type FakeGateway, Gateways } from "../testing/gateways.js";
import { StreamRedis } from "../testing/stream-redis.js";

const reader = (more: object = {}, name = "shop") =>
  source({ name, streams: [{ name: "s", at: "log:", ...more }] });

async function stage(library = reader()) {
  const gateways = new Gateways();
  const redis = new StreamRedis();
  const gateway = await gateways.start(1_000, redis);
  const load = gateway.triggers.load(library);
  await gateways.clock.advance(100);
  await load;
  await gateways.clock.advance(100);
  const add = async (key: string, id: string) => {
    redis.add(key, id);
    gateway.feed(key, "xadd");
    await gateways.clock.advance(10);
  };
  return { gateways, redis, gateway, add };
}

async function streamsOf({ triggers }: FakeGateway, library = "shop") {
  const [listed] = await triggers.list({ verbosity: 3, withCode: false }, library);
  const all = (listed?.["stream_triggers"] ?? []) as { streams: Record<string, unknown>[] }[];
  return all[0]?.streams ?? [];
}

describe("a stream trigger", () => {
  it("is given the records of its streams, in order, whoever added them", async () => {
    const { gateway, redis, gateways, add } = await stage();
    await add("log:a", "1-0");
    redis.add("log:a", "2-0");
    gateway.feed("log:a", "xadd", "trigger:other.consumer");
    await add("other", "1-0");
    await gateways.clock.advance(100);
    expect(gateway.engine.records.map(({ id }) => id)).toEqual(["1-0", "2-0"]);
    expect(await streamsOf(gateway)).toMatchObject([
      { name: "log:a", db: 0, id_to_read_from: "2-0", total_record_processed: 2, pending_ids: [] },
    ]);
  });

  it("reads streams that were there before it from the start", async () => {
    const gateways = new Gateways();
    const redis = new StreamRedis();
    for (let id = 1; id <= 100; id++) redis.add("log:old", `${id}-0`);
    const gateway = await gateways.start(1_000, redis);
    const load = gateway.triggers.load(reader());
    await gateways.clock.advance(1_000);
    await load;
    expect(gateway.engine.records.map(({ id }) => id)).toEqual(redis.ids("log:old"));
  });

  it("has no more under way than its window", async () => {
    const { gateway, gateways, redis } = await stage(reader({ window: 3 }));
    const ends: (() => void)[] = [];
    gateway.engine.process = () => new Promise((resolve) => void ends.push(resolve));
    for (let id = 1; id <= 10; id++) redis.add("log:a", `${id}-0`);
    gateway.feed("log:a", "xadd");
    await gateways.clock.advance(100);
    expect(gateway.engine.records).toHaveLength(3);
    expect(await streamsOf(gateway)).toMatchObject([
      { id_to_read_from: "0-0", pending_ids: ["1-0", "2-0", "3-0"] },
    ]);
    ends[1]?.();
    await gateways.clock.advance(100);
    expect(gateway.engine.records).toHaveLength(4);
    expect(await streamsOf(gateway)).toMatchObject([{ id_to_read_from: "0-0" }]);
    ends[0]?.();
    await gateways.clock.advance(100);
    expect(await streamsOf(gateway)).toMatchObject([{ id_to_read_from: "2-0" }]);
  });

  it("goes on where it was after the gateway's end, with what was under way once more", async () => {
    const { gateway, gateways, redis } = await stage();
    gateway.engine.process = async ({ id }) => {
      if (id === "3-0") await new Promise(() => {});
    };
    for (let id = 1; id <= 4; id++) redis.add("log:a", `${id}-0`);
    gateway.feed("log:a", "xadd");
    await gateways.clock.advance(1_000);
    const next = await gateways.start(1_000, redis);
    await gateways.clock.advance(3_000);
    expect(next.engine.records.map(({ id }) => id)).toEqual(["3-0", "4-0"]);
  });

  it("goes on in another gateway where it is by then, with what was under way done", async () => {
    const { gateway, gateways, redis, add } = await stage();
    const next = await gateways.start(1_000, redis);
    next.isHolder = false;
    await gateways.clock.advance(1_000);
    for (let id = 1; id <= 9; id++) await add("log:a", `${id}-0`);
    let end = () => {};
    gateway.engine.process = () => new Promise((resolve) => (end = resolve));
    await add("log:a", "10-0");
    [gateway.isHolder, next.isHolder] = [false, true];
    redis.add("log:a", "11-0");
    for (const one of [gateway, next]) one.feed("log:a", "xadd");
    await gateways.clock.advance(1_000);
    expect(next.engine.records).toEqual([]);
    end();
    await gateways.clock.advance(1_000);
    expect(next.engine.records.map(({ id }) => id)).toEqual(["11-0"]);
    expect(gateway.engine.records).toHaveLength(10);
  });

  it("keeps the error of a record, which counts as done", async () => {
    const { gateway, add } = await stage();
    gateway.engine.process = async ({ id }) => {
      if (id === "1-0") throw new Error("bad record (line 2)");
    };
    await add("log:a", "1-0");
    await add("log:a", "2-0");
    expect(await streamsOf(gateway)).toMatchObject([
      { last_error: "bad record (line 2)", total_record_processed: 2, id_to_read_from: "2-0" },
    ]);
  });

  it("forgets a stream that is deleted, and begins anew with one of its name", async () => {
    const { gateway, gateways, redis, add } = await stage();
    await add("log:a", "5-0");
    redis.streams.delete("log:a");
    gateway.feed("log:a", "del");
    await gateways.clock.advance(100);
    expect(await streamsOf(gateway)).toEqual([]);
    await add("log:a", "1-0");
    await gateways.clock.advance(100);
    expect(gateway.engine.records.map(({ id }) => id)).toEqual(["5-0", "1-0"]);
  });

  it("notices a stream of smaller ids in place of another though nobody told of the deletion", async () => {
    const { gateway, gateways, redis, add } = await stage();
    await add("log:a", "5-0");
    redis.streams.delete("log:a");
    await add("log:a", "1-0");
    await gateways.clock.advance(100);
    expect(gateway.engine.records.map(({ id }) => id)).toEqual(["5-0", "1-0"]);
  });

  it("finds what no event told of when events may be missing", async () => {
    const { gateway, gateways, redis } = await stage();
    await gateways.clock.advance(1_000);
    redis.add("log:quiet", "1-0");
    await gateways.clock.advance(1_000);
    expect(gateway.engine.records).toEqual([]);
    gateway.triggers.worker.missed({ parts: [0], reason: "source", count: null, from: 1, to: 2 });
    await gateways.clock.advance(1_000);
    expect(gateway.engine.records).toHaveLength(1);
  });

  it("goes on in the new library when it is replaced, with another window", async () => {
    const { gateway, gateways, redis, add } = await stage();
    await add("log:a", "1-0");
    const load = gateway.triggers.load(reader({ window: 4 }), { replace: true });
    await gateways.clock.advance(100);
    await load;
    const ends: (() => void)[] = [];
    gateway.engine.process = () => new Promise((resolve) => void ends.push(resolve));
    for (let id = 2; id <= 10; id++) redis.add("log:a", `${id}-0`);
    gateway.feed("log:a", "xadd");
    await gateways.clock.advance(100);
    expect(gateway.engine.records.map(({ id }) => id)).toEqual(["1-0", "2-0", "3-0", "4-0", "5-0"]);
  });
});

describe("trimming", () => {
  it("drops what is done", async () => {
    const { redis, gateways, add } = await stage(reader({ isStreamTrimmed: true }));
    await add("log:a", "1-0");
    await add("log:a", "2-0");
    await gateways.clock.advance(100);
    expect(redis.ids("log:a")).toEqual([]);
  });

  it("follows the slowest of all triggers that read the stream, whether or not that one trims", async () => {
    const { gateway, redis, gateways, add } = await stage(reader({ isStreamTrimmed: true }));
    const load = gateway.triggers.load(reader({}, "slow"));
    await gateways.clock.advance(1_000);
    await load;
    const stuck = new Promise<void>(() => {});
    let isSlow = true;
    const free: (() => void)[] = [];
    gateway.engine.process = async ({ id }) => {
      const turns = gateway.engine.records.filter((record) => record.id === id).length;
      if (id === "2-0" && turns === 2 && isSlow) await new Promise<void>((end) => free.push(end));
      else if (id === "never") await stuck;
    };
    for (const id of ["1-0", "2-0", "3-0"]) await add("log:a", id);
    await gateways.clock.advance(1_000);
    expect(redis.ids("log:a")).toEqual(["2-0", "3-0"]);
    isSlow = false;
    for (const end of free) end();
    await gateways.clock.advance(1_000);
    expect(redis.ids("log:a")).toEqual([]);
  });
});
