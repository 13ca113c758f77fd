import { afterEach, describe, expect, it, vi } from "vitest";
import type { LibraryFailure, LibraryFailureCode } from "./ports.js";
import { type Bench, closeAll, event, load, PLAIN } from "./testing/bench.js";
import { Bystander } from "./testing/bystander.js";
import { worstLag } from "./testing/heartbeat.js";

/** What libraries are given here: less than usual, so that it is over sooner. */
const LIMITS = { runningTime: 150, grace: 150, memory: 32 * 1_024 * 1_024 };
/** For what takes its time until something else than time is over. */
const PATIENT = { ...LIMITS, runningTime: 3_000, grace: 3_000 };
/** By how much the event loop may be late, ms. */
const LAG = 50;

// Memory is filled and time runs out here; on a busy machine that takes a while.
vi.setConfig({ testTimeout: 60_000 });
afterEach(closeAll);

/** A hostile callback, with a good one beside it whose state tells whether it was loaded anew. */
const loadHostile = (code: string, options = {}): Promise<Bench> =>
  load(
    `let good = 0;
redis.registerKeySpaceTrigger("good", "", () => { good++; });
redis.registerFunction("good", () => good);
redis.registerClusterFunction("f", async () => {});
redis.registerKeySpaceTrigger("evil", "", (client, data) => {
${code}
});`,
    { limits: LIMITS, answers: () => ":1\r\n", ...options },
  );

interface Suffered {
  readonly bench: Bench;
  readonly failure: LibraryFailure | undefined;
}

/**
 * Fires it between good events, with another library running, and asserts what holds for all: the
 * other one notices nothing, the event loop is not late for it, the library goes on.
 */
async function suffer(code: string, options = {}): Promise<Suffered> {
  const bench = await loadHostile(code, options);
  const bystander = await Bystander.start();
  const { failure, lag } = await fireEvil(bench);
  const { failed, done } = await bystander.stop();
  expect(failed).toBe(0);
  expect(done).toBeGreaterThan(0);
  expect(lag).toBeLessThan(LAG);
  expect(bench.library.pendingJobs).toBe(0);
  return { bench, failure };
}

async function fireEvil({ library }: Bench) {
  let failure: LibraryFailure | undefined;
  await library.fire("good", event("a"));
  const lag = await worstLag(async () => {
    const evil = library.fire("evil", event("b")).catch((error: LibraryFailure) => {
      failure = error;
    });
    // Handed over together with it: it goes on with its next event.
    await Promise.all([evil, library.fire("good", event("c")), library.fire("good", event("d"))]);
  });
  return { failure, lag };
}

describe("code that runs on and on is stopped, its library keeps its state:", () => {
  it.each([
    ["plain", "for (;;) {}"],
    ["catching what stops it", "for (;;) { try { for (;;) {} } catch {} }"],
    ["in a finally", "try { for (;;) {} } finally { for (;;) {} }"],
    [
      "in a generator's return",
      "for (const x of (function* () { try { for (;;) yield 1; } finally { for (;;) {} } })()) { if (x > 5) break; }",
    ],
    ["in a getter", "const o = { get x() { for (;;) {} } }; o.x;"],
    ["in a thrown value's toString", "throw { toString() { for (;;) {} } };"],
    [
      "in a thrown value's stack",
      "const e = new Error('x'); Object.defineProperty(e, 'stack', { get() { for (;;) {} } }); throw e;",
    ],
    ["in a proxy's trap", "throw new Proxy({}, { get() { for (;;) {} } });"],
    [
      "in valueOf, under a call",
      "client.call('set', 'k', String({ toString() { for (;;) {} } }));",
    ],
    ["in a comparison", "[3, 2, 1].sort(() => { for (;;) {} });"],
    ["in a replacer", "JSON.stringify({ a: 1 }, () => { for (;;) {} });"],
    ["in a regular expression", "/^(a+)+$/.test('a'.repeat(40) + 'b');"],
    ["with calls to Redis in between", "for (;;) client.call('incr', 'x');"],
    [
      "with calls on shards that nobody waits for",
      "return client.executeAsync(async (c) => { for (;;) c.runOnShards('f').catch(() => {}); });",
    ],
    ["in a promise's reaction", "return Promise.resolve().then(() => { for (;;) {} });"],
    ["in an async function", "return (async () => { await null; for (;;) {} })();"],
    [
      "in what follows an asynchronous call",
      "return client.callAsync('x').then(() => { for (;;) {} });",
    ],
    ["in a thenable", "return { then() { for (;;) {} } };"],
    ["in a class's static block", "class A { static { for (;;) {} } }"],
    ["in eval", "eval('for (;;) {}');"],
  ])("%s", async (_, code) => {
    const { bench, failure } = await suffer(code);
    expect(failure).toMatchObject({
      code: "time",
      message: expect.stringMatching(
        /^stopped after 150 ms of running time, waiting for Redis not counted/,
      ),
    });
    expect(await bench.library.call("good", [], [], PLAIN)).toBe(3n);
    expect(bench.reports).toEqual([]);
  });

  it("in async functions that catch what stops them, whether they obey in the end or not", async () => {
    const { failure } = await suffer(
      "const f = async () => { try { await null; for (;;) {} } catch {} return f(); }; return f();",
    );
    expect(failure?.code).toBe("time");
  });

  it("and the failure tells the line", async () => {
    const { failure } = await suffer("const a = 1;\nlet i = a;\nfor (;;) {\n  i++;\n}");
    expect(failure?.message).toMatch(/\(line [789]\)$/);
  });

  it("after 500 ms where nothing else is said, waiting for Redis not counted", async () => {
    const { library } = await load(
      `redis.registerKeySpaceTrigger("t", "", (client, { event }) => {
  if (event === "wait") client.call("wait");
  else for (;;) {}
});`,
      {
        answers: () => new Promise((resolve) => setTimeout(() => resolve("+OK\r\n"), 900)),
      },
    );
    await library.fire("t", event("a", "wait"));
    const begun = performance.now();
    const failure = await library.fire("t", event("a", "run")).catch((error) => error);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(500);
    expect(failure.message).toMatch(/^stopped after 500 ms/);
  });
});

describe("reactions that go on and on are stopped, and the library goes on:", () => {
  it.each([
    ["promises", "const on = () => Promise.resolve().then(on); return on();"],
    ["async functions", "return (async () => { for (;;) await null; })();"],
  ])("%s", async (_, code) => {
    const { bench, failure } = await suffer(code);
    expect(failure).toMatchObject({ code: "time" });
    const { replacements } = bench.library;
    const replaced = { event: "replaced", library: "lib", reason: "time" };
    // Time is as good as always up between two of them; one that is stopped in its middle obeys.
    expect(bench.reports).toMatchObject(Array(replacements).fill(replaced));
    expect(replacements).toBeLessThanOrEqual(1);
    expect(await bench.library.call("good", [], [], PLAIN)).toBe(replacements === 1 ? 2n : 3n);
  });
});

describe("code that does not obey has its worker replaced, and the library goes on:", () => {
  it.each<[string, string, LibraryFailureCode]>([
    [
      "a search through a huge string",
      "'a'.repeat(8000000).indexOf('a'.repeat(4000000) + 'b');",
      "time",
    ],
    [
      "a search through a huge object",
      "Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1);",
      "time",
    ],
  ])("%s", async (_, code, reason) => {
    const { bench, failure } = await suffer(code);
    expect(failure).toMatchObject({ code: reason });
    expect(bench.reports).toMatchObject([{ event: "replaced", library: "lib", reason: "time" }]);
    expect(bench.library.replacements).toBe(1);
    // Those before are forgotten, those behind it ran in the new worker.
    expect(await bench.library.call("good", [], [], PLAIN)).toBe(2n);
  });

  it.each<[string, string, RegExp?]>([
    ["an array that grows", "const a = []; for (;;) a.push({});"],
    [
      "a string that doubles",
      "let s = 'x'; for (;;) s += s;",
      /string too long|out of memory|needs more/,
    ],
    ["a string that is repeated", "const a = []; for (;;) a.push('x'.repeat(1000000));"],
    ["buffers", "const a = []; for (;;) a.push(new ArrayBuffer(1000000));"],
    ["typed arrays", "new Uint8Array(100000000).fill(1);"],
    ["a map", "const m = new Map(); for (let i = 0; ; i++) m.set(i, {});"],
    ["closures", "let f = () => 1; for (;;) { const g = f; f = () => g; }"],
    ["a huge number", "let n = 2n; for (;;) n *= n;", /BigInt is too large|needs more/],
    ["texts of JSON", "let a = [1]; for (;;) a = [JSON.stringify(a) + JSON.stringify(a)];"],
    ["promises", "const a = []; for (;;) a.push(new Promise(() => {}));"],
    [
      "what is thrown",
      "throw { toString() { const a = []; for (;;) a.push({}); } };",
      /its toString throws|needs more/,
    ],
    [
      "words of a command",
      "const words = []; for (;;) words.push('x'.repeat(100000)); client.call(...words);",
    ],
  ])("memory that is filled with %s", async (_, code, refusal) => {
    const { bench, failure } = await suffer(code, { limits: PATIENT });
    // On a slow machine time is over before memory.
    if (failure?.code === "time") return;
    if (refusal !== undefined) {
      expect(failure?.message).toMatch(refusal);
      return;
    }
    expect(failure?.message).toMatch(/^stopped because it needs more than the 33554432 bytes/);
    expect(bench.reports).toMatchObject([{ event: "replaced", reason: "memory" }]);
    expect(await bench.library.call("good", [], [], PLAIN)).toBe(2n);
  });

  it("memory that is filled again and again, and each time it is noticed", async () => {
    const { bench, failure } = await suffer(
      "const a = []; for (;;) { try { for (;;) a.push('x'.repeat(100000)); } catch {} }",
    );
    expect(failure?.code).toMatch(/^(time|memory)$/);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 5; i++) await bench.library.fire("evil", event("a")).catch(() => {});
    // An unbounded memory would have grown by hundreds of megabytes each time.
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1_024 * 1_024);
  });

  it("with what was under way failed, what had not begun run, and what had ended untouched", async () => {
    const bench = await load(
      `redis.registerKeySpaceTrigger("t", "", (client, { event, key }) => {
  client.call(event, key);
  if (event === "pending") return new Promise(() => {});
  if (event === "evil") Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1);
});`,
      { limits: LIMITS },
    );
    const { library, executed } = bench;
    const outcome = (name: string, key: string) =>
      library.fire("t", event(key, name)).then(
        () => "done",
        ({ code }: LibraryFailure) => code,
      );
    const outcomes = await Promise.all([
      outcome("good", "a"),
      outcome("pending", "b"),
      outcome("evil", "c"),
      outcome("good", "d"),
      outcome("good", "e"),
    ]);
    expect(outcomes).toEqual(["done", "lost", "time", "done", "done"]);
    expect(executed).toEqual([
      "0 t good a",
      "0 t pending b",
      "0 t evil c",
      "0 t good d",
      "0 t good e",
    ]);
  });
});

it("a library that registers something else in a new worker is not run there, and that is told", async () => {
  const bench = await load(
    `const names = ["a", "b"];
if (Date.now() % 2 === 0) names.reverse();
redis.registerFunction("at" + Date.now(), () => 1);
for (const name of names) redis.registerKeySpaceTrigger(name, "", (client) => { client.call(name); });
redis.registerKeySpaceTrigger("evil", "", () => { Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1); });`,
    { limits: LIMITS },
  );
  const failureOf = (trigger: string) =>
    bench.library.fire(trigger, event("k")).then(
      () => undefined,
      (failure: LibraryFailure) => failure,
    );
  expect(await failureOf("a")).toBeUndefined();
  expect(await failureOf("evil")).toMatchObject({ code: "time" });
  expect(await failureOf("a")).toMatchObject({
    code: "lost",
    message: expect.stringContaining("registers something else than it did at first"),
  });
  expect(bench.executed).toEqual(["0 a a"]);
  expect(bench.reports.map((report) => report.event)).toContain("reload_failed");
});

describe("code that goes too deep fails, and no more:", () => {
  it.each([
    ["calls", "(function f() { f(); })();"],
    ["getters", "const o = { get x() { return this.x; } }; o.x;"],
    ["proxies", "let p = {}; for (let i = 0; i < 100000; i++) p = new Proxy(p, {}); p.x;"],
    ["toString", "const o = { toString() { return '' + this; } }; '' + o;"],
    ["JSON", "JSON.parse('['.repeat(1000000));"],
    [
      "JSON the other way",
      "let a = []; for (let i = 0; i < 200000; i++) a = [a]; JSON.stringify(a);",
    ],
    ["sources", "eval('('.repeat(1000000));"],
    ["functions in functions", "eval('()=>'.repeat(100000) + '1');"],
    ["regular expressions", "new RegExp('('.repeat(1000000));"],
    ["groups", "new RegExp('('.repeat(50000) + 'a' + ')'.repeat(50000)).test('a');"],
    ["arrays of arrays", "let a = []; for (let i = 0; i < 200000; i++) a = [a]; a.flat(Infinity);"],
    [
      "chains of functions",
      "let f = () => 1; for (let i = 0; i < 100000; i++) f = f.bind(null); f();",
    ],
    [
      "chains of prototypes",
      "let o = {}; for (let i = 0; i < 200000; i++) o = Object.create(o); o.x; throw 'fine';",
    ],
    [
      "values that are let go",
      "let a = null; for (let i = 0; i < 200000; i++) a = [a]; a = null; throw 'fine';",
    ],
  ])("%s", async (_, code) => {
    const { bench, failure } = await suffer(code, { limits: PATIENT });
    expect(failure).toBeDefined();
    await bench.library.fire("good", event("a"));
  });
});

describe("values that lie fail, and no more:", () => {
  it.each([
    [
      "a throwing proxy",
      "throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } });",
    ],
    [
      "a proxy of a proxy",
      "throw new Proxy(new Proxy(function () {}, { get() { throw 1; } }), { get: null });",
    ],
    [
      "a revoked proxy",
      "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy;",
    ],
    ["a huge message", "throw new Error('x'.repeat(1000000));"],
    [
      "a stack that lies",
      "const e = new Error('x'); e.stack = '    at (lib.js:999999999999999999999)\\n'.repeat(1000); throw e;",
    ],
    ["a length that lies", "client.call('set', 'k', { length: 5, byteLength: 5, buffer: {} });"],
    [
      "a typed array's length that lies",
      "const a = new Uint8Array(4); Object.defineProperty(a, 'length', { value: 1e9 }); Object.defineProperty(a, 'byteLength', { value: 1e9 }); client.call('set', 'k', a); throw 'fine';",
    ],
    [
      "an array's length that lies",
      "const a = []; a.length = 4294967295; client.call(...[ 'set', a ]);",
    ],
    [
      "a buffer's species",
      "const b = new ArrayBuffer(4); b.constructor = { [Symbol.species]: function () { return new ArrayBuffer(1); } }; client.call('set', 'k', new Uint8Array(b)); throw 'fine';",
    ],
    ["a thenable that throws", "return { get then() { throw new Error('no'); } };"],
    [
      "a promise with a constructor of its own",
      "const p = Promise.reject(new Error('no')); Object.defineProperty(p, 'constructor', { get() { throw new Error('neither'); } }); return p;",
    ],
    [
      "a promise whose then lies",
      "const p = Promise.reject(new Error('no')); p.then = (ok) => ok(); p.catch = null; throw await_(p); function await_() { return 'fine'; }",
    ],
    ["an error that is a function", "throw Object.assign(() => {}, { stack: 5, toString: null });"],
  ])("%s", async (_, code) => {
    const { bench, failure } = await suffer(code);
    expect(failure).toBeDefined();
    expect(await bench.library.call("good", [], [], PLAIN)).toBe(3n);
    expect(bench.reports).toEqual([]);
  });
});

describe("prototypes that were changed", () => {
  const POLLUTION = `
const evil = () => { throw "polluted"; };
const each = (list, task) => { for (let i = 0; i < list.length; i++) { try { task(list[i]); } catch {} } };
const { ownKeys } = Reflect;
const { defineProperty } = Object;
const trap = (o, name) => defineProperty(o, name, { get: evil, set: evil, configurable: true });
const classes = [Promise, String, Function, Map, Set, RegExp, ArrayBuffer, Uint8Array, BigInt, Object.getPrototypeOf(Uint8Array), Error, TypeError, WeakSet, Number, Boolean, Array];
const objects = [JSON, Reflect, Math];
each(objects, (o) => each(ownKeys(o), (name) => { o[name] = evil; }));
each(["keys", "freeze", "setPrototypeOf", "getPrototypeOf", "entries", "getOwnPropertyDescriptor"], (name) => { Object[name] = evil; });
Array.isArray = evil;
each(classes, (C) => each(ownKeys(C.prototype), (name) => { if (name !== "constructor") trap(C.prototype, name); }));
each(["Promise", "JSON", "Reflect", "Error", "TypeError", "String", "BigInt", "Set", "Map", "Uint8Array", "ArrayBuffer"], (name) => { globalThis[name] = evil; });
each(["toJSON", "toString", "kind", "reply", "nodes", "length", "writable", "value", "set", "get"], (name) => trap(Object.prototype, name));`;

  it("change nothing but for the library itself", async () => {
    const { library, executed } = await load(
      `
redis.registerKeySpaceTrigger("t", "", (client, data) => { client.call("set", data.key, data.key_raw, 5n); }, {
  onTriggerFired(client, data) { data.n = client.call("get", data.key); },
});
redis.registerKeySpaceTrigger("a", "", async (client) => { client.block((c) => { c.call("x"); }); });
redis.registerFunction("f", (client) => client.call("x"));
redis.registerFunction("throws", () => { throw "a text"; });
redis.registerFunction("bad", (client) => client.call({}));
${POLLUTION}`,
      { answers: ([name]) => (name === "x" ? ":7\r\n" : "$1\r\na\r\n") },
    );
    expect(library.triggers.map(({ name }) => name)).toEqual(["t", "a"]);
    await library.fire("t", event("key"));
    await library.fire("a", event("key"));
    expect(executed).toEqual(["0 t get key", "0 t set key key 5", "0 a x"]);
    expect(await library.call("f", [], [], PLAIN)).toBe(7n);
    await expect(library.call("throws", [], [], PLAIN)).rejects.toThrow("a text");
    await expect(library.call("bad", [], [], PLAIN)).rejects.toThrow();
  });
});

it("what the gateways keep in Redis is not to be had, however it is asked for", async () => {
  const { library, executed } = await load(`
const own = "{keywire}:revocations";
const bytes = (text) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const refusal = (call) => { try { return String(call()); } catch (error) { return error.message; } };
redis.registerFunction("f", (client) => [
  () => client.call("del", own),
  () => client.callRaw("rename", "a", own),
  () => client.call("del", bytes(own)),
  () => client.call("del", bytes(own).buffer),
  () => client.callAsync("publish", "{keywire}:marks", "fence * x"),
].map(refusal));
redis.registerFunction("others", (client) => client.call("del", "{keywire}", bytes("{keywire"), "a{keywire}:"));`);
  const refusals = (await library.call("f", [], [], PLAIN)) as string[];
  for (const refusal of refusals) expect(refusal).toMatch(/^libraries may not name anything/);
  expect(executed).toEqual([]);
  await library.call("others", [], [], PLAIN);
  expect(executed).toHaveLength(1);
});

describe("who asks is none of the library's business", () => {
  /** Each tries to write where it may only read, or as somebody else. */
  const FORGERIES: readonly (readonly [string, string])[] = [
    [
      "a setter that JSON.stringify calls",
      `Object.defineProperty(Array.prototype, "0", { configurable: true, get() {}, set(v) {
  if (v && v.length >= 4) { v[0] = 1; v[1] = 9; v[2] = "write"; }
  Object.defineProperty(this, "0", { value: v, writable: true, configurable: true, enumerable: true });
} });
const undo = () => { delete Array.prototype[0]; };`,
    ],
    [
      "getters that are asked of what is handed on",
      `const undo = () => {};
for (const name of ["consumer", "db", "access", "mayBlock", "node"]) Object.defineProperty(Object.prototype, name, { configurable: true, get() {
  try { this.consumer = 1; this.db = 9; this.access = "write"; } catch {}
  return undefined;
}, set(v) { Object.defineProperty(this, name, { value: v, writable: true, configurable: true, enumerable: true }); } });`,
    ],
  ];

  it.each(FORGERIES)("%s", async (_, code) => {
    const asked: string[] = [];
    const { library, executed } = await load(
      `${code}
const attempt = (task) => { try { return task(); } catch {} };
redis.registerKeySpaceTrigger("t", "", (client) => { client.call("get", "third"); }, {
  onTriggerFired(client) {
    attempt(() => client.call("get", "first"));
    undo();
    attempt(() => client.callRaw("get", "second"));
  },
});
redis.registerKeySpaceTrigger("other", "", () => {});`,
      {
        answers(_, access) {
          asked.push(access);
          return "+OK\r\n";
        },
      },
    );
    await library.fire("t", event("key"));
    expect(executed).toEqual(["0 t get first", "0 t get second", "0 t get third"]);
    expect(asked).toEqual(["read", "read", "write"]);
  });
});

/** Ways out that worked elsewhere, or look as if they could; each comes to what it got hold of. */
const WAYS_OUT: readonly string[] = [
  "globalThis.process",
  "globalThis.require",
  "globalThis.module",
  "globalThis.console",
  "globalThis.WebAssembly",
  "globalThis.Atomics && globalThis.Atomics.wait && globalThis.postMessage",
  "this && this.process",
  "Function('return this')().process",
  "(() => {}).constructor('return this.process')()",
  "(async () => {}).constructor('return this')().process",
  "(function* () {}).constructor('return this.process')().next().value",
  "client.constructor.constructor('return this')().process",
  "client.call.constructor('return this')().process",
  "client.call.constructor.constructor('return this')().process",
  "client.callAsync('x').constructor.constructor('return this')().process",
  "redis.log.constructor('return this')().process",
  "redis.constructor.constructor('return this')().process",
  "redis.config.constructor.constructor('return this')().process",
  "Object.getPrototypeOf(redis.log).constructor('return this')().process",
  "client.call('reply').constructor.constructor('return this')().process",
  "client.callRaw('reply').constructor.constructor('return this')().process",
  "(() => { try { client.call('error'); } catch (e) { return e.constructor.constructor('return this')().process; } })()",
  "(() => { try { client.call({}); } catch (e) { return e.constructor.constructor('return this')().process; } })()",
  "(() => { try { client.call('x'.repeat(2000000)); } catch (e) { return e.constructor.constructor('return this')().process; } })()",
  "(() => { try { (function f() { f(); })(); } catch (e) { return e.constructor.constructor('return this')().process; } })()",
  "(() => { Error.prepareStackTrace = (e, frames) => frames; const { stack } = new Error(); return Array.isArray(stack) ? stack[0].getThis() : undefined; })()",
  "(() => { let out; try { client.call.call({ get call() { out = 1; } }, 'x'); } catch {} return out; })()",
  "(function () { return arguments.callee.caller; })()",
  "Reflect.construct(Function, ['return this'])().process",
  "eval('this').process",
  "(0, eval)('this').process",
  "new Proxy(client.call, { apply(f, self, args) { return f.constructor('return this')().process; } })('x')",
  "data.key_raw.constructor.constructor('return this')().process",
  "Symbol.for('nodejs.util.inspect.custom').constructor.constructor('return this')().process",
  "typeof std === 'undefined' && typeof os === 'undefined' && typeof scriptArgs === 'undefined' && typeof bjson === 'undefined' ? undefined : 'a module'",
  "(() => { const seen = []; for (let o = globalThis; o; o = Object.getPrototypeOf(o)) for (const k of Reflect.ownKeys(o)) seen.push(String(k)); return seen.find((k) => /^(process|require|fetch|Worker|Buffer|host|setTimeout|queueMicrotask|QTS)/.test(k)); })()",
];

describe("nothing of the host's", () => {
  it.each(WAYS_OUT)("is got hold of by %s", async (code) => {
    const { library, executed } = await load(
      `redis.registerKeySpaceTrigger("t", "", (client, data) => {
  let got;
  try { got = ${code}; } catch (e) { got = undefined; }
  client.call("got", typeof got);
});`,
      {
        limits: { transfer: 1_000_000 },
        answers: ([name]) =>
          name === "error" ? "-ERR no\r\n" : name === "reply" ? "*1\r\n$1\r\na\r\n" : "+OK\r\n",
      },
    );
    await library.fire("t", event("a"));
    expect(executed.at(-1)).toBe("0 t got undefined");
  });

  it("comes with import", async () => {
    const { library } = await load(`
redis.registerAsyncFunction("f", async (client, name) => {
  try { await import(name); return "imported"; } catch (e) { return "refused"; }
});`);
    for (const name of [
      "node:fs",
      "fs",
      "keywire/prelude.mjs",
      "./prelude.mjs",
      "std",
      "os",
      "file:///etc/passwd",
    ]) {
      expect(await library.call("f", [], [Buffer.from(name)], { db: 0, mode: "async" })).toBe(
        "refused",
      );
    }
  });
});
