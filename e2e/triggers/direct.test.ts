import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hold, type StandaloneRedis, startProxy, startRedis, waitFor } from "../support/index.js";
import { type LibraryOn, libraryOn } from "./library-on.js";

/** Beyond what the socket is read in at once. */
const LARGE = 3_000_000;

let server: StandaloneRedis;
let library: LibraryOn;

beforeAll(async () => {
  server = await startRedis({ args: ["--notify-keyspace-events", "KEAm"] });
  library = await libraryOn(
    server.url,
    `redis.registerFunction("read", (client, ...words) => client.call(...words), { flags: ["no-writes"] });
     redis.registerFunction("raw", (client, ...words) => client.callRaw(...words));
     redis.registerFunction("after", (client, key, value) => {
       client.callAsync("set", key, value);
       return client.call("get", key);
     });
     redis.registerClusterFunction("shard", async () => 1);
     redis.registerAsyncFunction("everywhere", (client) => client.runOnShards("shard"));`,
    { transfer: 2 * LARGE },
  );
});

afterAll(async () => {
  await server?.stop();
});

describe("a callback that waits for Redis", () => {
  it("has a command executed by the main thread at first, and then by its own worker", async () => {
    await library.warmUp("incr direct:n");
    const before = library.executed;
    const from = Number(await server.client.get("direct:n"));
    for (let i = 1; i <= 200; i++)
      expect(await library.call("incr direct:n")).toBe(BigInt(from + i));
    expect(library.executed).toBe(before);
  });

  it("is given the same replies either way", async () => {
    await server.client.hset("direct:h", "f", "1");
    await server.client.zadd("direct:z", "1.5", "m");
    await server.client.sadd("direct:set", "a");
    await server.client.set("direct:s", "v");
    const asked = ["hgetall direct:h", "zscore direct:z m", "smembers direct:set", "get direct:s"];
    asked.push("get direct:none", "lrange direct:none 0 -1", "blpop direct:none 0", "echo a\0b");
    const told = new Map<string, unknown>();
    // The first of its name is executed by the main thread.
    for (const words of asked) told.set(words, await library.call(words));
    for (const words of asked) await library.warmUp(words);
    for (const words of asked) expect(await library.call(words)).toEqual(told.get(words));
  });

  it("is given errors as they are", async () => {
    await library.warmUp("lpush direct:list x");
    await server.client.set("direct:text", "x");
    const before = library.executed;
    await expect(library.call("lpush direct:text x")).rejects.toThrow(/^WRONGTYPE /);
    await expect(library.call("lpush")).rejects.toThrow(/^ERR wrong number of arguments/);
    expect(library.executed).toBe(before);
  });

  it("gets large replies whole, and an error for one that is too large", async () => {
    await library.warmUp("get direct:none");
    await server.client.set("direct:large", Buffer.alloc(LARGE, "\0\r\n\xff", "latin1"));
    await library.warmUp("get direct:none", { name: "raw" });
    const reply = await library.call("get direct:large", { name: "raw" });
    expect(
      Buffer.from(reply as Uint8Array).equals(Buffer.alloc(LARGE, "\0\r\n\xff", "latin1")),
    ).toBe(true);
    await server.client.append("direct:large", "x".repeat(LARGE));
    await server.client.append("direct:large", "x");
    await expect(library.call("get direct:large", { name: "raw" })).rejects.toThrow(
      `a library may be handed ${2 * LARGE} at once`,
    );
  });

  it("works in the database that it is about", async () => {
    await library.warmUp("set direct:where three", { db: 3 });
    await library.warmUp("set direct:where zero");
    await library.warmUp("get direct:where", { db: 3 });
    expect(await library.call("get direct:where", { db: 3 })).toBe("three");
    expect(await library.call("get direct:where")).toBe("zero");
    await expect(library.call("set direct:where x", { db: 4_000 })).rejects.toThrow(/out of range/);
  });

  it("may not write where only reading is allowed, whoever else may", async () => {
    await library.warmUp("set direct:kept 1");
    for (let i = 0; i < 3; i++) {
      await expect(library.call("set direct:kept 2", { name: "read" })).rejects.toThrow(
        /may write/,
      );
    }
    await library.warmUp("get direct:kept", { name: "read" });
    expect(await library.call("get direct:kept", { name: "read" })).toBe("1");
  });

  it("is not answered ahead of what it sent before", async () => {
    await library.warmUp("get direct:order");
    for (let i = 0; i < 100; i++) {
      expect(await library.call(`direct:order ${i}`, { name: "after" })).toBe(String(i));
    }
  });

  it("is none the slower for what was asked of the shards before", async () => {
    await library.warmUp("incr direct:shards");
    await library.call("", { name: "everywhere", mode: "async" });
    const before = library.executed;
    for (let i = 0; i < 20; i++) await library.call("incr direct:shards");
    expect(library.executed).toBe(before);
  });

  it("may make up as many long names as it likes: none is remembered", async () => {
    const long = "x".repeat(65);
    for (let i = 0; i < 3; i++)
      await expect(library.call(`${long}${i}`)).rejects.toThrow(/unknown/);
    await expect(library.call("short")).rejects.toThrow(/unknown/);
    expect(library.asked).toContain("short");
    expect(library.asked.filter((name) => name.startsWith("xx"))).toEqual([]);
  });

  it("writes between marks", async () => {
    await library.warmUp("set direct:marked 0");
    const heard: string[] = [];
    const listener = new Redis({ port: server.node.port });
    hold(() => listener.disconnect());
    listener.on("message", (channel: string, message: string) => {
      heard.push(channel === "{keywire}:marks" ? message : `${message} ${channel.slice(15)}`);
    });
    await listener.subscribe("{keywire}:marks", "__keyspace@0__:direct:marked");
    await library.call("set direct:marked 1");
    await waitFor(() => heard.length >= 4, { what: "four messages" });
    // An end of nothing goes ahead: it says who is answered first.
    expect(heard).toEqual(["end *", "begin * trigger:direct.call", "set direct:marked", "end *"]);
    listener.disconnect();
  });
});

describe("a worker's connection", () => {
  it("that is lost leaves a write in doubt, and says so; a read is asked again", async () => {
    const proxy = await startProxy(server.node.port);
    const away = await libraryOn(`redis://127.0.0.1:${proxy.port}/0`);
    await away.warmUp("incr lost:direct");
    await away.warmUp("get lost:direct");
    const lose = async (words: string) => {
      proxy.stall();
      const reply = away.call(words);
      await waitFor(() => proxy.heldBytes > 0, { what: "the command to be on its way" });
      proxy.cut();
      proxy.resume();
      return reply;
    };
    await expect(lose("incr lost:direct")).rejects.toThrow(
      /the connection was lost while incr was under way .*it may have been executed or not/,
    );
    await away.warmUp("get lost:direct");
    expect(await lose("get lost:direct")).toBe(await server.client.get("lost:direct"));
    await away.warmUp("incr lost:direct");
  });

  it("is kept when another library's is refused", async () => {
    const other = await libraryOn(server.url);
    await library.warmUp("incr direct:kept");
    const before = library.executed;
    for (let i = 0; i < 10; i++) {
      await expect(library.call("incr n", { db: 4_000 })).rejects.toThrow(/out of range/);
      await expect(other.call("incr n", { db: 4_000 })).rejects.toThrow(/out of range/);
      await library.call("incr direct:kept");
    }
    // Those that were refused are the main thread's.
    expect(library.executed).toBe(before + 10);
  });

  it("is found once Redis is there, where it was not at first", async () => {
    const proxy = await startProxy(server.node.port);
    const early = await libraryOn(`redis://127.0.0.1:${proxy.port}/0`, "", { timeout: 300 });
    proxy.refuse();
    await expect(early.call("incr early:direct")).rejects.toThrow(/was not executed/);
    proxy.resume();
    await early.warmUp("incr early:direct");
  });

  it("waits for an answer that flows, however slowly", async () => {
    const proxy = await startProxy(server.node.port);
    const away = await libraryOn(`redis://127.0.0.1:${proxy.port}/0`);
    await server.client.set("flow:direct", "x".repeat(1_200_000));
    await away.warmUp("getdel flow:none");
    const before = away.executed;
    proxy.trickle(2_000);
    const reply = await away.call("getdel flow:direct");
    expect(String(reply)).toHaveLength(1_200_000);
    expect(away.executed).toBe(before);
    proxy.resume();
  });

  it("that ends between two commands costs none of them", async () => {
    const own = await startRedis();
    const lone = await libraryOn(own.url);
    await lone.warmUp("incr n");
    await own.client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    for (let i = 0; i < 20; i++) await lone.call("incr n");
    await lone.warmUp("incr n");
    await own.stop();
  });

  it("waits for a Redis that is slow", async () => {
    const proxy = await startProxy(server.node.port);
    const away = await libraryOn(`redis://127.0.0.1:${proxy.port}/0`);
    await away.warmUp("incr slow:direct");
    proxy.delay(20);
    const before = away.executed;
    const from = Number(await server.client.get("slow:direct"));
    for (let i = 1; i <= 20; i++)
      expect(await away.call("incr slow:direct")).toBe(BigInt(from + i));
    expect(away.executed).toBe(before);
  });

  it("gives up a Redis that says nothing for seconds", async () => {
    const proxy = await startProxy(server.node.port);
    const away = await libraryOn(`redis://127.0.0.1:${proxy.port}/0`);
    const reader = await libraryOn(`redis://127.0.0.1:${proxy.port}/0`);
    await away.warmUp("incr mute:direct");
    await reader.warmUp("get mute:direct");
    proxy.stall();
    const executed = reader.executed;
    await Promise.all([
      expect(away.call("incr mute:direct")).rejects.toThrow(
        /owes an answer for 5000 ms.*executed or not/,
      ),
      expect(reader.call("get mute:direct")).rejects.toThrow(/was not executed.*owes an answer/),
    ]);
    // It was waited for once, not once more by the main thread.
    expect(reader.executed).toBe(executed);
    proxy.resume();
    await away.warmUp("incr mute:direct");
  });
});
