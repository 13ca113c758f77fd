import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hold, type StandaloneRedis, startProxy, startRedis, waitFor } from "../support/index.js";
import { type Asking, commanderOf } from "./commander-of.js";

let server: StandaloneRedis;
let ask: Asking;

beforeAll(async () => {
  server = await startRedis({ args: ["--notify-keyspace-events", "KEAm"] });
  ask = commanderOf(server.url);
});

afterAll(async () => {
  ask?.close();
  await server?.stop();
});

describe("replies", () => {
  it("are RESP3, byte for byte", async () => {
    expect(await ask("set s v")).toBe("+OK\r\n");
    expect(await ask("get s")).toBe("$1\r\nv\r\n");
    expect(await ask("get none")).toBe("_\r\n");
    expect(await ask("incr n")).toBe(":1\r\n");
    await server.client.hset("h", "f", "1");
    expect(await ask("hgetall h")).toBe("%1\r\n$1\r\nf\r\n$1\r\n1\r\n");
    await server.client.zadd("z", "1.5", "m");
    expect(await ask("zscore z m")).toBe(",1.5\r\n");
    await server.client.sadd("set", "a");
    expect(await ask("smembers set")).toBe("~1\r\n$1\r\na\r\n");
    expect(await ask("lpush s x")).toBe(
      "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
    );
  });

  it("come whole, however large, and bytes stay what they are", async () => {
    const value = Buffer.alloc(3_000_000, "\0\r\n\xff", "latin1");
    expect(await ask(["set", "large", value])).toBe("+OK\r\n");
    expect((await server.client.getBuffer("large"))?.equals(value)).toBe(true);
    const reply = Buffer.from(await ask("get large"), "latin1");
    expect(reply.subarray(reply.indexOf("\n") + 1, -2).equals(value)).toBe(true);
  });

  it("are those of the command alone, in the order of asking", async () => {
    const replies = await Promise.all(Array.from({ length: 500 }, (_, i) => ask(`echo ${i}`)));
    expect(replies).toEqual(replies.map((_, i) => `$${String(i).length}\r\n${i}\r\n`));
  });

  it("say what Redis says of commands that it does not take", async () => {
    expect(await ask("get")).toMatch(/^-ERR wrong number of arguments for 'get' command/);
    expect(await ask("nonsense x")).toMatch(/^-ERR unknown command 'nonsense'/);
    expect(await ask([""])).toMatch(/^-ERR a command begins with its name/);
  });
});

describe("databases", () => {
  it("are each command's own", async () => {
    await Promise.all([ask("set where three", { db: 3 }), ask("set where zero")]);
    expect(await ask("get where", { db: 3 })).toBe("$5\r\nthree\r\n");
    expect(await ask("get where")).toBe("$4\r\nzero\r\n");
  });

  it("that are not there have nothing executed elsewhere", async () => {
    expect(await ask("set nowhere x", { db: 4_000 })).toMatch(/DB index is out of range/);
    expect(await server.client.exists("nowhere")).toBe(0);
  });
});

describe("refused are", () => {
  it.each([
    ["set a 1", "may write"],
    ["xgroup create s g $", "may write"],
    ["getdel a", "may write"],
    ["sort l store m", "may write"],
  ])("%s, where only reading is allowed", async (command, why) => {
    expect(await ask(command, { access: "read" })).toContain(why);
  });

  it.each(["get a", "xinfo stream none", "object encoding none", "time", "keys *", "randomkey"])(
    "but not %s",
    async (command) => {
      expect(await ask(command, { access: "read" })).not.toContain("reading is allowed");
    },
  );

  it.each([
    "subscribe a",
    "psubscribe a",
    "monitor",
    "multi",
    "exec",
    "watch a",
    "eval return 0",
    "select 1",
    "client reply off",
    "CLIENT KILL x",
    "hello 2",
    "reset",
    "quit",
    "readonly",
    "asking",
    "auth x",
    "config set maxmemory 1",
    "shutdown",
    "debug sleep 1",
  ])("%s", async (command) => {
    expect(await ask(command)).toMatch(/^-ERR libraries may not call/);
    // The connection is none the worse for it.
    expect(await ask("echo a")).toBe("$1\r\na\r\n");
  });

  it("not those that block: they answer at once", async () => {
    expect(await ask("blpop none 0")).toMatch(/^[_*]/);
    expect(await ask("xread block 0 streams none $")).toBe("_\r\n");
  });
});

describe("marks", () => {
  it("stand around all that a command notifies, and around nothing else", async () => {
    const heard: string[] = [];
    const listener = new Redis({ port: server.node.port });
    hold(() => listener.disconnect());
    listener.on("messageBuffer", (channel: Buffer, message: Buffer) => {
      heard.push(channel.toString() === "{keywire}:marks" ? message.toString() : `${channel}`);
    });
    listener.on("pmessage", (_pattern, channel: string, event: string) => {
      heard.push(`${channel.split(":").slice(1).join(":")} ${event}`);
    });
    await listener.subscribe("{keywire}:marks");
    await listener.psubscribe("__keyspace@0__:mark*");
    await server.client.set("mark:foreign", "1");
    await Promise.all([
      ask("rename mark:foreign mark:own", { origin: "trigger:lib.own" }),
      ask("get mark:none", { origin: "trigger:lib.other" }),
      ...Array.from({ length: 20 }, () => server.client.incr("mark:others")),
    ]);
    await server.client.del("mark:own");
    await waitFor(() => heard.length >= 29, { what: "all messages" });
    const at = heard.indexOf("begin * trigger:lib.own");
    expect(heard.slice(at, at + 4)).toEqual([
      "begin * trigger:lib.own",
      "mark:foreign rename_from",
      "mark:own rename_to",
      "end *",
    ]);
    const other = heard.indexOf("begin * trigger:lib.other");
    expect(heard.slice(other, other + 3)).toEqual([
      "begin * trigger:lib.other",
      "mark:none keymiss",
      "end *",
    ]);
    const outside = heard.filter(
      (_, i) => !(i >= at && i < at + 4) && !(i >= other && i < other + 3),
    );
    expect(outside.filter((text) => text !== "mark:others incrby")).toEqual([
      "mark:foreign set",
      "mark:own del",
    ]);
    expect(outside).toHaveLength(22);
  });

  it("are sent for a command that is refused by Redis in no way", async () => {
    const heard: string[] = [];
    const listener = new Redis({ port: server.node.port });
    hold(() => listener.disconnect());
    listener.on("message", (_channel, message: string) => heard.push(message));
    await listener.subscribe("{keywire}:marks");
    await ask("get");
    await ask("echo x", { origin: "trigger:lib.last" });
    await waitFor(() => heard.length >= 2, { what: "the marks of the second" });
    expect(heard).toEqual(["begin * trigger:lib.last", "end *"]);
  });
});

describe("connections that are lost", () => {
  it("leave a write in doubt, and say so; reads are asked again", async () => {
    const proxy = await startProxy(server.node.port);
    const away = commanderOf(`redis://127.0.0.1:${proxy.port}/0`);
    // What commands they are is asked once, before.
    expect(await away("incr lost")).toBe(":1\r\n");
    expect(await away("get lost")).toBe("$1\r\n1\r\n");
    proxy.stall();
    const write = away("incr lost");
    const read = away("get lost");
    await new Promise(setImmediate);
    proxy.cut();
    proxy.resume();
    expect(await write).toMatch(
      /^-ERR the connection was lost while incr was under way .*it may have been executed or not/,
    );
    expect(await read).toMatch(/^\$1\r\n[12]\r\n$/);
    expect(await away("set lost 5")).toBe("+OK\r\n");
  });

  it("for good end in an error that says that nothing was done", async () => {
    const own = await startRedis();
    const lone = commanderOf(own.url, { timeout: 500 });
    expect(await lone("set a 1")).toBe("+OK\r\n");
    await own.node.kill();
    expect(await lone("set a 2")).toMatch(
      /^-ERR set was not executed: |^-ERR the connection was lost/,
    );
    expect(await lone("set a 3")).toMatch(/^-ERR set was not executed: /);
    await own.node.restart();
    await waitFor(async () => (await lone("set a 4")) === "+OK\r\n", { what: "Redis to be back" });
    lone.close();
    expect(await lone("set a 5")).toMatch(/^-ERR set was not executed: /);
    await own.stop();
  });
});
