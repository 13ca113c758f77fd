import { afterEach, describe, expect, it } from "vitest";
import { LibraryError } from "./ports.js";
import { closeAll, load, PLAIN } from "./testing/bench.js";

afterEach(closeAll);

async function refusal(body: string, options = {}): Promise<LibraryError> {
  const error = await load(body, options).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof LibraryError)) throw new Error(`not refused as a library: ${error}`);
  return error;
}

const TRIGGER = 'redis.registerKeySpaceTrigger("t", "", () => {});';

describe("a library", () => {
  it("tells what it registers, in its order", async () => {
    const { library } = await load(`
redis.registerKeySpaceTrigger("b", "user:", () => {}, { description: "the b", events: ["hset", "del"] });
redis.registerKeySpaceTrigger("a", new Uint8Array([255, 0]).buffer, async () => {}, { onTriggerFired: () => {} });
redis.registerFunction("f", () => 1, { description: "an f", flags: [redis.functionFlags.NO_WRITES, "raw-arguments"] });
redis.registerAsyncFunction("g", async () => 1);
redis.registerClusterFunction("c", async () => 1);
redis.registerStreamTrigger("s", "stream:", () => {}, { window: 5, isStreamTrimmed: true });`);
    expect(library).toMatchObject({ name: "lib", engine: "js", apiVersion: "1.0" });
    expect(library.triggers).toEqual([
      {
        name: "b",
        description: "the b",
        prefix: new Uint8Array(Buffer.from("user:")),
        events: ["hset", "del"],
        isAsync: false,
      },
      {
        name: "a",
        description: null,
        prefix: new Uint8Array([255, 0]),
        events: null,
        isAsync: true,
      },
    ]);
    expect(library.functions).toEqual([
      { name: "f", description: "an f", flags: ["no-writes", "raw-arguments"], isAsync: false },
      { name: "g", description: null, flags: [], isAsync: true },
    ]);
    expect(library.clusterFunctions).toEqual(["c"]);
    expect(library.streamTriggers).toMatchObject([{ name: "s", window: 5, isStreamTrimmed: true }]);
  });

  it("sees its configuration, and no more of it than a copy", async () => {
    const configuration = { limit: 5, names: ["a", "ü\0"] };
    const { library } = await load(
      'redis.registerFunction("f", () => JSON.stringify(redis.config) + redis.apiVersion());',
      { configuration },
    );
    expect(await library.call("f", [], [], PLAIN)).toBe(`${JSON.stringify(configuration)}1.1`);
    const { library: without } = await load('redis.registerFunction("f", () => redis.config);');
    expect(await without.call("f", [], [], PLAIN)).toEqual(new Map());
  });

  it("does not run before whoever loads it has looked at its name", async () => {
    const logged: string[] = [];
    const error = await load(`redis.log("ran"); ${TRIGGER}`, {
      compiled({ name }) {
        logged.push(name);
        throw new Error("taken");
      },
    }).catch((error: unknown) => error);
    expect(String(error)).toBe("Error: taken");
    expect(logged).toEqual(["lib"]);
    // What cannot be compiled is refused before.
    expect(await refusal("(", { compiled: () => logged.push("again") })).toMatchObject({
      code: "compilation",
    });
    expect(logged).toEqual(["lib"]);
  });
});

describe("a source is refused", () => {
  it("that cannot be compiled, with the line", async () => {
    const error = await refusal(`${TRIGGER}\n\nfunction ( {`);
    expect(error).toMatchObject({ code: "compilation", line: 4 });
    expect(error.message).toMatch(/^SyntaxError: /);
  });

  it("that throws while it is loaded, with the line", async () => {
    expect(await refusal(`${TRIGGER}\nconst a = {};\na.b.c = 1;`)).toMatchObject({
      code: "evaluation",
      line: 4,
      message: "TypeError: Cannot set properties of undefined (setting 'c')",
    });
    expect(await refusal(`\nthrow "a text";`)).toMatchObject({
      code: "evaluation",
      message: "a text",
    });
  });

  it("that registers nothing; cluster functions do not count", async () => {
    expect(await refusal("")).toMatchObject({ code: "empty" });
    expect(await refusal('redis.registerClusterFunction("c", async () => {});')).toMatchObject({
      code: "empty",
    });
  });

  it("that takes too long to load", async () => {
    const error = await refusal(`let i = 0; for (;;) i++;\n${TRIGGER}`, {
      limits: { runningTime: 50 },
    });
    expect(error).toMatchObject({ code: "evaluation", line: expect.any(Number) });
    expect(error.message).toMatch(/^stopped after 50 ms of running time/);
  });

  it("whose configuration is no object", async () => {
    for (const configuration of [[], 5, "x", null]) {
      expect(await refusal(TRIGGER, { configuration })).toMatchObject({ code: "configuration" });
    }
  });

  it.each([
    ["redis.registerKeySpaceTrigger()", /takes a name, a prefix, a callback .*got 0 arguments/],
    ['redis.registerKeySpaceTrigger("a", "")', /got 2 arguments/],
    ['redis.registerKeySpaceTrigger("a", "", () => {}, {}, 1)', /got 5 arguments/],
    ['redis.registerKeySpaceTrigger(5, "", () => {})', /a name of letters, digits and _ .*got 5/],
    ['redis.registerKeySpaceTrigger("a-b", "", () => {})', /got "a-b"/],
    ['redis.registerKeySpaceTrigger("", "", () => {})', /got ""/],
    ['redis.registerKeySpaceTrigger("a", 5, () => {})', /a prefix .*got 5/],
    ['redis.registerKeySpaceTrigger("a", "", "f")', /a function as its argument 3, got "f"/],
    ['redis.registerKeySpaceTrigger("a", "", () => {}, 5)', /an object of options .*got 5/],
    [
      'redis.registerKeySpaceTrigger("a", "", () => {}, { colour: 1 })',
      /no option "colour"; its options are description, events, onTriggerFired/,
    ],
    [
      'redis.registerKeySpaceTrigger("a", "", () => {}, { description: 5 })',
      /a string as its option description, got 5/,
    ],
    [
      'redis.registerKeySpaceTrigger("a", "", () => {}, { events: "hset" })',
      /an array of names of events .*got "hset"/,
    ],
    ['redis.registerKeySpaceTrigger("a", "", () => {}, { events: [] })', /got an empty one/],
    ['redis.registerKeySpaceTrigger("a", "", () => {}, { events: [5] })', /got 5 among them/],
    [
      'redis.registerKeySpaceTrigger("a", "", () => {}, { events: ["new"] })',
      /"new", which fires no trigger/,
    ],
    [
      'redis.registerKeySpaceTrigger("a", "", () => {}, { onTriggerFired: 5 })',
      /a function as its option onTriggerFired, got 5/,
    ],
    [
      'redis.registerKeySpaceTrigger("a", "", () => {}, { onTriggerFired: async () => {} })',
      /not async as its option onTriggerFired/,
    ],
    [`${TRIGGER} ${TRIGGER}`, /the name "t" a second time/],
    [
      'for (let i = 0; i < 1001; i++) redis.registerKeySpaceTrigger("t" + i, "", () => {})',
      /was called more than 1000 times/,
    ],
    ['redis.registerFunction("f")', /got 1 argument$/],
    ['redis.registerFunction("f", null)', /a function as its argument 2, got null/],
    [
      'redis.registerFunction("f", () => {}, { flags: "no-writes" })',
      /an array of no-writes, allow-oom, raw-arguments .*got "no-writes"/,
    ],
    [
      'redis.registerFunction("f", () => {}, { flags: ["fast"] })',
      /no flag "fast"; its flags are no-writes/,
    ],
    [
      'redis.registerFunction("f", () => {}); redis.registerAsyncFunction("f", async () => {})',
      /the name "f" a second time/,
    ],
    ['redis.registerClusterFunction("c", () => {})', /an async function as its second argument/],
    [
      'redis.registerStreamTrigger("s", "", () => {}, { window: 0 })',
      /a whole number from 1 as its option window, got 0/,
    ],
    ['redis.registerStreamTrigger("s", "", () => {}, { window: 1.5 })', /got 1\.5/],
    [
      'redis.registerStreamTrigger("s", "", () => {}, { isStreamTrimmed: "yes" })',
      /true or false .*got "yes"/,
    ],
  ])("that misuses an argument: %s", async (call, why) => {
    const error = await refusal(`\n${call}`);
    expect(error).toMatchObject({ code: "registration", line: 3 });
    expect(error.message).toMatch(/^TypeError: redis\.register/);
    expect(error.message).toMatch(why);
  });

  it.each([
    ["description", 'redis.registerFunction("f", () => {}, { description: "x".repeat(2e6) })'],
    ["prefix", 'redis.registerStreamTrigger("s", new ArrayBuffer(2e6), () => {})'],
  ])("whose %s takes very much", async (_, call) => {
    expect(await refusal(call)).toMatchObject({
      code: "registration",
      message: expect.stringContaining("more than 1048576 bytes"),
    });
  });

  it("where it registers something when it is loaded already", async () => {
    const { library } = await load(`
redis.registerFunction("late", () => redis.registerFunction("other", () => {}));`);
    await expect(library.call("late", [], [], PLAIN)).rejects.toThrow(
      "redis.registerFunction can be called only while the library is loaded (line 3)",
    );
  });

  it("each time by an error that it may catch", async () => {
    const { library } = await load(`
try { redis.registerFunction(5); } catch (error) { redis.log(error); }
${TRIGGER}`);
    expect(library.triggers).toHaveLength(1);
  });
});
