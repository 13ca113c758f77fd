import { afterEach, describe, expect, it, vi } from "vitest";
import { ASYNC, closeAll, event, load, PLAIN } from "./testing/bench.js";

afterEach(closeAll);

/** A Redis whose replies come when the test says so. */
function door() {
  const waiting: (() => void)[] = [];
  const answers = ([name]: readonly string[]) =>
    name === "wait"
      ? new Promise<string>((resolve) => waiting.push(() => resolve("+OK\r\n")))
      : "+OK\r\n";
  return { answers, waiting };
}

const until = async (condition: () => boolean): Promise<void> => {
  const end = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

describe("a trigger", () => {
  it("is told the event, the key and its bytes, and acts in the event's database", async () => {
    const { library, executed } = await load(`
redis.registerKeySpaceTrigger("t", "", (client, data) => {
  client.call("log", Object.keys(data).join(), data.event, String(data.key), data.key_raw, data.key_raw.byteLength);
});`);
    await library.fire("t", event("user:ü\0", "hset", 3));
    await library.fire("t", event(Buffer.from([0xff, 0xfe]), "del"));
    await library.fire("t", event("", "flushed"));
    const key = Buffer.from("user:ü\0").toString("latin1");
    expect(executed).toEqual([
      `3 t log event,key,key_raw hset ${key} ${key} 8`,
      "0 t log event,key,key_raw del null \xff\xfe 2",
      "0 t log event,key,key_raw flushed   0",
    ]);
  });

  it("is handed what onTriggerFired put into its data, which may only read", async () => {
    const { library, executed } = await load(
      `
redis.registerKeySpaceTrigger("t", "", (client, data) => client.call("incr", data.name), {
  onTriggerFired(client, data) {
    data.name = "name_" + client.call("hget", data.key, "name");
    data.refused = client.isBlockAllowed();
  },
});
redis.registerKeySpaceTrigger("w", "", () => redis.log("never"), {
  onTriggerFired: (client) => client.call("set", "a", "b"),
});
redis.registerKeySpaceTrigger("p", "", () => {}, { onTriggerFired: () => Promise.reject(new Error("nobody's")) });`,
      {
        answers: ([name], access) =>
          name === "hget" ? "+tom\r\n" : access === "read" ? "-ERR only reading\r\n" : ":1\r\n",
      },
    );
    await library.fire("t", event("user:1"));
    expect(executed).toEqual(["0 t hget user:1 name", "0 t incr name_tom"]);
    await expect(library.fire("w", event("a"))).rejects.toThrow("ERR only reading");
    await library.fire("p", event("a"));
  });

  it("keeps what it remembers, and its events' order", async () => {
    const { library } = await load(`
const seen = [];
redis.registerKeySpaceTrigger("t", "", (client, { key }) => { seen.push(key); });
redis.registerFunction("seen", () => seen.join());`);
    const keys = Array.from({ length: 3_000 }, (_, i) => String(i));
    await Promise.all(keys.map((key) => library.fire("t", event(key))));
    expect(await library.call("seen", [], [], PLAIN)).toBe(keys.join());
    expect(library.pendingJobs).toBe(0);
  });

  it("that is not there cannot be fired", async () => {
    const { library } = await load('redis.registerKeySpaceTrigger("t", "", () => {});');
    await expect(library.fire("u", event("a"))).rejects.toMatchObject({
      code: "unknown",
      message: 'the library lib has no trigger "u"',
    });
  });
});

describe("a failure tells", () => {
  it.each([
    ["throw new Error('what')", "Error: what (line 3)"],
    ["throw new TypeError('what')", "TypeError: what (line 3)"],
    ["throw 'a text'", "a text"],
    ["throw undefined", "undefined"],
    ["throw { toString: () => 'shown so' }", "shown so"],
    ["throw { toString() { throw 1; } }", "an exception that cannot be shown: its toString throws"],
    ["throw Object.create(null)", "an exception that cannot be shown: its toString throws"],
    ["throw Symbol('x')", "Symbol(x)"],
    ["undefined.x", "TypeError: Cannot read properties of undefined (reading 'x') (line 3)"],
    ["null.x = 1", "TypeError: Cannot set properties of null (setting 'x') (line 3)"],
    ["nowhere", "ReferenceError: nowhere is not defined (line 3)"],
    ["late; let late = 1;", "ReferenceError: Cannot access 'late' before initialization (line 3)"],
    ["const c = 1; c = 2;", "TypeError: Assignment to constant variable. (line 3)"],
    ["(5)()", "TypeError: what is called is not a function (line 3)"],
    ["(function f() { f(); })()", "RangeError: Maximum call stack size exceeded (line 3)"],
    ["JSON.parse('{')", /^SyntaxError: .* \(line 3\)$/],
    ["client.call('refused')", "ERR refused by Redis (line 3)"],
    ["return Promise.reject(new Error('later'))", "Error: later (line 3)"],
    [
      "return (async () => { await client.callAsync('x'); throw new Error('much later'); })()",
      "Error: much later (line 3)",
    ],
    ["eval('throw new Error(1)')", /^Error: 1 \(line 3\)$/],
  ])("%s", async (code, text) => {
    const { library } = await load(
      `redis.registerKeySpaceTrigger("t", "", (client) => {\n${code}\n});`,
      { answers: ([name]) => (name === "refused" ? "-ERR refused by Redis\r\n" : "+OK\r\n") },
    );
    const failure = await library.fire("t", event("a")).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: "LibraryFailure",
      code: "error",
      message: typeof text === "string" ? text : expect.stringMatching(text),
    });
  });
});

describe("callbacks that wait", () => {
  it("overlap for different keys, not for one, and not for one that fails", async () => {
    const { answers, waiting } = door();
    const { library, executed } = await load(
      `
redis.registerKeySpaceTrigger("t", "", async (client, { key, event }) => {
  client.block((c) => c.call("begin", key, event));
  await client.block((c) => c.callAsync("wait"));
  client.block((c) => c.call("end", key, event));
  if (event === "bad") throw new Error("bad");
}, { onTriggerFired: (c, { key, event }) => { c.call("fired", key, event); } });`,
      { answers },
    );
    const all = [
      library.fire("t", event("a", "bad")).catch((error: Error) => error.message),
      library.fire("t", event("a", "2")),
      library.fire("t", event("b", "1")),
      library.fire("t", event("a", "3")),
      library.fire("t", event("a", "1", 5)),
    ];
    await until(() => waiting.length === 3);
    // What onTriggerFired reads is read as soon as can be.
    expect(executed.filter((text) => /fired|begin/.test(text))).toEqual([
      "0 t fired a bad",
      "0 t begin a bad",
      "0 t fired a 2",
      "0 t fired b 1",
      "0 t begin b 1",
      "0 t fired a 3",
      "5 t fired a 1",
      "5 t begin a 1",
    ]);
    expect(library.pendingJobs).toBe(5);
    expect(library.pendingAsyncCalls).toBe(3);
    for (let i = 0; i < 5; i++) {
      await until(() => waiting.length > i);
      waiting[i]?.();
    }
    expect((await Promise.all(all))[0]).toBe("Error: bad (line 7)");
    const ofA = executed.filter((text) => /^0 t (begin|end) a/.test(text));
    expect(ofA).toEqual([
      "0 t begin a bad",
      "0 t end a bad",
      "0 t begin a 2",
      "0 t end a 2",
      "0 t begin a 3",
      "0 t end a 3",
    ]);
    expect(library.pendingAsyncCalls).toBe(0);
  });

  it("fail where their promise does not settle, and what waits behind them goes on", async () => {
    const { library } = await load(
      `
let resolve;
redis.registerKeySpaceTrigger("t", "", (client, { event }) => {
  if (event === "never") return new Promise((r) => { resolve = r; });
});
redis.registerFunction("late", () => { resolve(); });`,
      { limits: { promiseAge: 300 } },
    );
    const never = library.fire("t", event("a", "never")).catch((error: unknown) => error);
    const next = library.fire("t", event("a", "next"));
    expect(await never).toMatchObject({
      code: "promise",
      message: expect.stringMatching(/^its promise did not settle within 300 ms/),
    });
    await next;
    // It comes too late, and means nothing any more.
    await library.call("late", [], [], PLAIN);
    await library.fire("t", event("a", "again"));
  });

  it("may be more than are with the worker at once", async () => {
    const { library } = await load(`
const all = [];
redis.registerKeySpaceTrigger("t", "", () => new Promise((resolve) => {
  all.push(resolve);
  if (all.length === 1024) for (const resolve of all.splice(0)) resolve();
}));`);
    await Promise.all(Array.from({ length: 4_096 }, (_, i) => library.fire("t", event(`${i}`))));
  });
});

describe("clients", () => {
  it("have what they had in the server, and no more", async () => {
    const { library } = await load(`
redis.registerFunction("plain", (client) => Object.keys(client).sort().join());
redis.registerAsyncFunction("async", async (client) => Object.keys(client).sort().join());
redis.registerAsyncFunction("inside", async (client) => client.block((c) => Object.keys(c).sort().join()));`);
    const plain = "call,callAsync,callAsyncRaw,callRaw,executeAsync,isBlockAllowed";
    expect(await library.call("plain", [], [], PLAIN)).toBe(plain);
    expect(await library.call("async", [], [], ASYNC)).toBe("block,runOnKey,runOnShards");
    expect(await library.call("inside", [], [], ASYNC)).toBe(plain);
  });

  it("block only where it is allowed", async () => {
    const { library, executed } = await load(`
redis.registerFunction("f", (client) => client.isBlockAllowed());
redis.registerFunction("g", (client) => client.executeAsync(async (c) => c.block((d) => d.call("x", "1"))));
redis.registerFunction("h", (client) => { client.executeAsync(async (c) => c.block((d) => d.callAsync("x", d.isBlockAllowed() ? 2 : 3))); return "begun"; });
redis.registerKeySpaceTrigger("t", "", (client) => { if (!client.isBlockAllowed()) throw 1; });`);
    expect(await library.call("f", [], [], PLAIN)).toBe(false);
    expect(await library.call("f", [], [], ASYNC)).toBe(true);
    await library.fire("t", event("a"));
    expect(await library.call("g", [], [], ASYNC)).toBe("OK");
    // What goes on behind the answer is nobody's to wait for.
    expect(await library.call("h", [], [], PLAIN)).toBe("begun");
    await vi.waitFor(() => expect(executed).toEqual(["0 g x 1", "0 h x 2"]));
  });

  it("are of no use after their callback", async () => {
    const { library } = await load(`
let kept;
redis.registerFunction("keep", (client) => { kept = client; client.call("x"); });
redis.registerFunction("use", () => kept.call("x"));
redis.registerAsyncFunction("later", async (client) => {
  await client.block(async (c) => { await null; return c.call("x"); });
});`);
    await library.call("keep", [], [], PLAIN);
    const why = /client\.call was called after its callback had ended/;
    await expect(library.call("use", [], [], PLAIN)).rejects.toThrow(why);
    await expect(library.call("later", [], [], ASYNC)).rejects.toThrow(why);
  });

  it("call asynchronously, with errors that can be caught", async () => {
    const { library } = await load(
      `
redis.registerFunction("f", async (client) => {
  const [a, b] = await Promise.all([client.callAsync("get"), client.callAsyncRaw("get")]);
  const error = await client.callAsync("bad").catch((e) => String(e));
  return [a, b, error];
});`,
      { answers: ([name]) => (name === "bad" ? "-ERR no\r\n" : "$1\r\na\r\n") },
    );
    expect(await library.call("f", [], [], ASYNC)).toEqual(["a", new Uint8Array([97]), "ERR no"]);
  });
});

describe("functions", () => {
  it("are handed keys and arguments as texts, or as bytes with the flag", async () => {
    const { library } = await load(`
redis.registerFunction("f", (client, ...args) => args);
redis.registerFunction("raw", (client, ...args) => args, { flags: ["raw-arguments"] });`);
    const [key, arg] = [Buffer.from("k\0ü"), Buffer.from([0xff])];
    expect(await library.call("f", [key], [Buffer.from("a")], PLAIN)).toEqual(["k\0ü", "a"]);
    await expect(library.call("f", [key], [arg], PLAIN)).rejects.toThrow(
      "argument 2 is not UTF-8; a function with the flag raw-arguments is given bytes",
    );
    expect(await library.call("raw", [key], [arg], PLAIN)).toEqual([
      new Uint8Array(key),
      new Uint8Array(arg),
    ]);
  });

  it("with no-writes only read, others may write", async () => {
    const { library } = await load(
      `
redis.registerFunction("r", (client) => client.call("x"), { flags: ["no-writes"] });
redis.registerFunction("w", (client) => client.call("x"));`,
      { answers: (_words, access) => `+${access}\r\n` },
    );
    expect(await library.call("r", [], [], PLAIN)).toBe("read");
    expect(await library.call("w", [], [], PLAIN)).toBe("write");
  });

  it("that are async are called asynchronously only", async () => {
    const { library } = await load(
      `
redis.registerAsyncFunction("a", async () => 1);
redis.registerFunction("p", () => new Promise(() => {}));
redis.registerFunction("q", async () => 2);`,
      { limits: { promiseAge: 200 } },
    );
    expect(await library.call("a", [], [], ASYNC)).toBe(1n);
    await expect(library.call("a", [], [], PLAIN)).rejects.toMatchObject({ code: "async_only" });
    await expect(library.call("p", [], [], PLAIN)).rejects.toMatchObject({ code: "async_only" });
    await expect(library.call("p", [], [], ASYNC)).rejects.toMatchObject({ code: "promise" });
    // A promise that is settled at once is no hindrance.
    expect(await library.call("q", [], [], PLAIN)).toBe(2n);
    await expect(library.call("x", [], [], PLAIN)).rejects.toMatchObject({ code: "unknown" });
  });

  it("run on shards, reading there, and tell what each said", async () => {
    const { library, executed } = await load(
      `
redis.registerClusterFunction("size", async (client, factor, more) => {
  const n = client.block((c) => c.call("dbsize"));
  if (factor === 0) throw new Error("no");
  return { size: Number(n) * factor, more };
});
redis.registerAsyncFunction("all", async (client, factor) => {
  const [results, errors] = await client.runOnShards("size", Number(factor), ["x"]);
  return [results, errors];
});
redis.registerAsyncFunction("one", async (client) => client.runOnKey("k", "size", 3));
redis.registerClusterFunction("nothingThrown", async () => { throw undefined; });
redis.registerAsyncFunction("thrown", async (client) => client.runOnShards("nothingThrown"));
redis.registerAsyncFunction("none", async (client) => client.runOnKey("k", "nothing"));
redis.registerAsyncFunction("odd", async (client) => client.runOnKey(5, "size"));`,
      { answers: (_words, access) => (access === "read" ? ":2\r\n" : "-ERR not read-only\r\n") },
    );
    const size = (n: bigint, more?: unknown) =>
      new Map<string, unknown>([["size", n], ...(more ? [["more", more] as const] : [])]);
    expect(await library.call("all", [], [Buffer.from("2")], ASYNC)).toEqual([
      [size(4n, ["x"]), size(4n, ["x"])],
      [],
    ]);
    expect(executed).toEqual(["0 all @node-a dbsize", "0 all @node-b dbsize"]);
    expect(await library.call("all", [], [Buffer.from("0")], ASYNC)).toEqual([
      [],
      ["Error: no", "Error: no"],
    ]);
    expect(await library.call("thrown", [], [], ASYNC)).toEqual([[], ["undefined", "undefined"]]);
    expect(await library.call("one", [], [], ASYNC)).toEqual(size(6n));
    await expect(library.call("none", [], [], ASYNC)).rejects.toThrow(
      /no cluster function of that name/,
    );
    await expect(library.call("odd", [], [], ASYNC)).rejects.toThrow(
      /takes a key as its first argument/,
    );
  });
});

describe("stream triggers", () => {
  it("are handed records", async () => {
    const { library, executed } = await load(`
redis.registerStreamTrigger("s", "", (client, data) => {
  client.call("x", JSON.stringify([data.id, data.stream_name, data.record]), data.stream_name_raw, data.record_raw[0][1]);
});
redis.registerStreamTrigger("bad", "", async () => { throw new Error("no"); });`);
    const bytes = Buffer.from([0xff]);
    const record = {
      db: 2,
      stream: Buffer.from("s:1"),
      id: "1659515146671-7",
      fields: [
        [Buffer.from("a"), bytes],
        [Buffer.from("b\0"), Buffer.from("")],
      ] as const,
    };
    await library.processStream("s", record);
    expect(executed).toEqual([
      '2 s x [["1659515146671","7"],"s:1",[["a",null],["b\\u0000",""]]] s:1 \xff',
    ]);
    await expect(library.processStream("bad", record)).rejects.toThrow("Error: no (line 6)");
    await expect(library.processStream("x", record)).rejects.toMatchObject({ code: "unknown" });
  });
});

describe("logging", () => {
  it("is told, in measure", async () => {
    const { library, logged, reports } = await load(`
redis.registerFunction("one", () => { redis.log("a\\nb\\0"); redis.log(5); redis.log("x".repeat(5000)); });
redis.registerFunction("many", () => { for (let i = 0; i < 500; i++) redis.log("y"); });
redis.registerFunction("bad", () => redis.log());`);
    await library.call("one", [], [], PLAIN);
    expect(logged.slice(0, 2)).toEqual(["a\nb\0", "5"]);
    expect(logged[2]).toHaveLength(4_096);
    await library.call("many", [], [], PLAIN);
    expect(logged.length).toBeLessThan(250);
    await expect(library.call("bad", [], [], PLAIN)).rejects.toThrow(/takes one argument/);
    // Told without any other line that comes behind them.
    await until(() => {
      const dropped = reports.map((report) => (report.event === "log_dropped" ? report.lines : 0));
      return logged.length + dropped.reduce((sum, lines) => sum + lines, 0) === 503;
    });
  });
});

describe("closing", () => {
  it("lets run what can end, and fails the rest", async () => {
    const { library } = await load(
      `
redis.registerKeySpaceTrigger("t", "", (client, { event }) => event === "never" ? new Promise(() => {}) : undefined);`,
      { limits: { runningTime: 200 } },
    );
    const never = library.fire("t", event("a", "never")).catch((error: unknown) => error);
    const done = library.fire("t", event("b"));
    await library.close();
    await done;
    expect(await never).toMatchObject({ code: "closed" });
    await expect(library.fire("t", event("c"))).rejects.toMatchObject({ code: "closed" });
  });

  it("takes for done what was done behind the last word of its worker", async () => {
    const { library } = await load(
      `
redis.registerKeySpaceTrigger("t", "", (client, { event }) => { if (event === "wait") client.call("wait"); });`,
      { answers: door().answers, limits: { runningTime: 200 } },
    );
    const done = Array.from({ length: 10 }, (_, i) => library.fire("t", event(`${i}`)));
    const last = library.fire("t", event("last", "wait")).catch((error: unknown) => error);
    await library.close();
    await Promise.all(done);
    expect(await last).toMatchObject({ code: "closed" });
  });
});
