import type { Cluster, Redis } from "ioredis";
import { Cluster as ClusterClient } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Gateway,
  hold,
  releaseAll,
  startCluster,
  startGateway,
  startRedis,
  waitFor,
} from "../support/index.js";
import { Libraries, library } from "./admin.js";

/** Each example of the reference: a library, commands sent one by one, and what can be seen then. */

type Client = Redis | Cluster;

const DEPLOYMENTS = [
  {
    name: "standalone",
    shards: 1,
    async start(): Promise<{ url: string; client: Client }> {
      const { url, client } = await startRedis();
      return { url, client };
    },
  },
  {
    name: "cluster",
    shards: 3,
    async start(): Promise<{ url: string; client: Client }> {
      const cluster = await startCluster({ primaries: 3, replicas: 0 });
      const client = new ClusterClient(
        cluster.nodes.map(({ host, port }) => ({ host, port })),
        { slotsRefreshInterval: 1_000 },
      );
      hold(() => client.disconnect());
      return { url: cluster.url, client };
    },
  },
];

describe.each(DEPLOYMENTS)("on $name", ({ start, shards }) => {
  let client: Client;
  let gateway: Gateway;
  let libraries: Libraries;

  beforeAll(async () => {
    const redis = await start();
    client = redis.client;
    gateway = await startGateway({ redis: redis.url });
    libraries = new Libraries(gateway);
  });

  afterAll(releaseAll);

  const get = (key: string, value: string) =>
    waitFor(async () => (await client.get(key)) === value, { what: `${key} to be ${value}` });

  it("a hash that is written bears when", async () => {
    await libraries.load(
      library(
        "stamps",
        `redis.registerKeySpaceTrigger("consumer", "h", (client, data) => {
           if (client.call("type", data.key) !== "hash") return;
           client.call("hset", data.key, "__last_updated__", client.call("time")[0]);
         });`,
      ),
    );
    await client.hset("h", "x", "1");
    const stamp = await waitFor(() => client.hget("h", "__last_updated__"), {
      what: "the hash to be stamped",
    });
    expect(Number(stamp)).toBeGreaterThan(Date.now() / 1_000 - 60);
    expect(await client.hgetall("h")).toMatchObject({ x: "1" });
    // What it wrote itself fired nothing: one command, one execution.
    await libraries.finished("stamps.consumer", 1);
    await client.hset("h", "y", "2");
    await libraries.finished("stamps.consumer", 2);
    expect(await libraries.trigger("stamps.consumer")).toMatchObject({ num_triggered: 2 });
  });

  it("a hash in a MULTI is stamped as well", async () => {
    await client.multi().hset("h{m}", "x", "1").hset("h{m}", "y", "2").exec();
    await waitFor(() => client.hget("h{m}", "__last_updated__"), { what: "the stamp" });
    expect(await client.hgetall("h{m}")).toMatchObject({ x: "1", y: "2" });
  });

  it("onTriggerFired sees each value where commands are sent one by one; within a MULTI the last one", async () => {
    await libraries.load(
      library(
        "names",
        `redis.registerKeySpaceTrigger("consumer", "x", (client, data) => {
           if (data.name) client.call("incr", "name_" + data.name);
         }, { onTriggerFired: (client, data) => {
           if (client.call("type", data.key) !== "hash") return;
           data.name = client.call("hget", data.key, "name");
         }});`,
      ),
    );
    await client.hset("x", "name", "tom");
    await get("name_tom", "1");
    await client.hset("x", "name", "jerry");
    await get("name_jerry", "1");
    expect(await client.get("name_tom")).toBe("1");
    // From outside the server this cannot be had: both reads come after both writes.
    await client.del("name_tom", "name_jerry").catch(async () => {
      await client.del("name_tom");
      await client.del("name_jerry");
    });
    await client.multi().hset("x{1}", "name", "tom").hset("x{1}", "name", "jerry").exec();
    await get("name_jerry", "2");
    expect(await client.get("name_tom")).toBeNull();
  });

  it("events of all kinds fire: writes, deletions, expiries, misses; new ones of keys do not", async () => {
    await libraries.load(
      library(
        "kinds",
        `redis.registerKeySpaceTrigger("all", "kind:", (client, data) => {
           client.call("rpush", "seen", data.key + " " + data.event);
         });
         redis.registerKeySpaceTrigger("some", "kind:", (client, data) => {
           client.call("rpush", "filtered", data.event);
         }, { events: ["del", "expired"] });`,
      ),
    );
    await client.set("kind:1", "x");
    await client.del("kind:1");
    await client.get("kind:1");
    await client.set("kind:2", "x", "PX", 30);
    const seen = await waitFor(
      async () => {
        // Reading a key that is due tells at once.
        await client.exists("kind:2");
        const events = await client.lrange("seen", 0, -1);
        return events.includes("kind:2 expired") ? events : undefined;
      },
      { what: "the expiry" },
    );
    // Each key's in their order; between keys of a cluster there is none.
    const of = (key: string) =>
      seen.filter((text) => text.startsWith(key)).map((text) => text.slice(key.length + 1));
    expect(of("kind:1")).toEqual(["set", "del", "keymiss"]);
    expect(of("kind:2").slice(0, 3)).toEqual(["set", "expire", "expired"]);
    await waitFor(async () => (await client.llen("filtered")) === 2, { what: "the filtered ones" });
    expect((await client.lrange("filtered", 0, -1)).sort()).toEqual(["del", "expired"]);
  });

  it("a key that is not UTF-8 is told as bytes", async () => {
    await libraries.load(
      library(
        "binary",
        `redis.registerKeySpaceTrigger("raw", new Uint8Array([98, 105, 110, 255]).buffer, (client, data) => {
           client.call("set", "raw", String(data.key) + " " + new Uint8Array(data.key_raw).join(","));
         });`,
      ),
    );
    await client.set(Buffer.from([98, 105, 110, 255, 1]), "x");
    await client.set("bin-and-text", "x");
    await get("raw", "null 98,105,110,255,1");
    expect(await libraries.trigger("binary.raw")).toMatchObject({
      prefix: null,
      prefix_raw: "Ymlu/w==",
    });
  });

  it("async callbacks may take their time, and still run in each key's order", async () => {
    await libraries.load(
      library(
        "slowly",
        `redis.registerKeySpaceTrigger("consumer", "slow:", async (client, data) => {
           await client.block((c) => c.call("rpush", "order:" + data.key, data.event));
           await client.block((c) => c.call("rpush", "order:" + data.key, "end"));
         });`,
      ),
    );
    for (let turn = 0; turn < 5; turn++) {
      await client.set("slow:1", "x");
      await client.del("slow:1");
    }
    await libraries.finished("slowly.consumer", 10);
    const one = ["set", "end", "del", "end"];
    expect(await client.lrange("order:slow:1", 0, -1)).toEqual([
      ...one,
      ...one,
      ...one,
      ...one,
      ...one,
    ]);
  });

  it("functions are called over HTTP, plain and async, and what they write fires no trigger", async () => {
    await libraries.load(
      library(
        "functions",
        `redis.registerFunction("swap", (client, key, value) => {
           const old = client.call("get", key);
           client.call("set", key, value);
           return old;
         });
         redis.registerAsyncFunction("later", async (client, ...words) => {
           await client.block((c) => c.call("set", "kind:by-function", "x"));
           return { words, number: 7, nothing: null };
         });
         redis.registerFunction("perhaps", (client) => client.isBlockAllowed()
           ? client.executeAsync(async (c) => c.block((d) => d.call("get", "kind:f")))
           : "not here");
         redis.registerFunction("raw", (client, key, bytes) => [key, bytes], { flags: ["raw-arguments"] });
         redis.registerFunction("reader", (client) => client.call("set", "never", "1"), { flags: ["no-writes"] });`,
      ),
    );
    await client.set("kind:f", "before");
    expect(await libraries.call("functions.swap", ["after"], ["kind:f"])).toBe("before");
    expect(await libraries.call("functions.later", ["a", "b"])).toMatchObject({
      words: ["a", "b"],
      number: 7,
      nothing: null,
    });
    expect(await libraries.call("functions.perhaps")).toBe("not here");
    const later = await libraries.ask("POST", "/functions/call/perhaps", '{"async":true}');
    expect(later).toEqual({ status: 200, body: { result: "after" } });
    const bytes = JSON.stringify({ keys: ["k"], args: [{ base64: "/wA=" }] });
    const raw = await libraries.ask("POST", "/functions/call/raw", bytes);
    expect(raw).toEqual({ status: 200, body: { result: ["k", { base64: "/wA=" }] } });
    const none = await libraries.ask("POST", "/functions/call/raw", '{"args":[{"base64":"§"}]}');
    expect(none).toMatchObject({ status: 400 });
    const refused = await libraries.ask("POST", "/functions/call/reader", "{}");
    expect(refused.status).toBe(400);
    expect(await client.get("never")).toBeNull();
    await client.set("kind:last", "x");
    const written = await waitFor(
      async () => {
        const all = await client.lrange("seen", 0, -1);
        return all.includes("kind:last set") ? all : undefined;
      },
      { what: "the last" },
    );
    expect(written.filter((text) => text === "kind:f set")).toHaveLength(1);
    expect(written.filter((text) => text.startsWith("kind:by-function"))).toEqual([]);
  });

  it("cluster functions run on every shard", async () => {
    await libraries.load(
      library(
        "shards",
        `redis.registerClusterFunction("size", async (client) => {
           return client.block((c) => c.call("dbsize").toString());
         });
         redis.registerAsyncFunction("sizes", async (client) => {
           const [results, errors] = await client.runOnShards("size");
           return { results: results.length, errors: errors.length };
         });`,
      ),
    );
    expect(await libraries.call("shards.sizes")).toEqual({ results: shards, errors: 0 });
  });
});
