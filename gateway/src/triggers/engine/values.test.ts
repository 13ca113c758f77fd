import { afterEach, describe, expect, it } from "vitest";
import { answerOf, closeAll, load, PLAIN } from "./testing/bench.js";

afterEach(closeAll);

/** What a piece of library code makes of a reply, told by what it is and what it holds. */
async function seen(reply: string, method = "call"): Promise<unknown> {
  const text = await answerOf(
    `
    const show = (v) => {
      if (typeof v === "bigint") return v + "n";
      if (typeof v === "number") return Object.is(v, -0) ? "-0" : String(v);
      if (v instanceof ArrayBuffer) return "bytes " + Array.from(new Uint8Array(v)).join(" ");
      if (v instanceof Set) return ["Set", ...Array.from(v, show)];
      if (v instanceof String) return ["String", v.__reply_type, v.__format, String(v)];
      if (v instanceof Error) return ["Error", String(v)];
      if (Array.isArray(v)) return v.map(show);
      if (typeof v === "object" && v !== null) {
        return { of: Object.entries(v).map(([k, x]) => [k, show(x)]) };
      }
      return v;
    };
    return JSON.stringify(show(client.${method}("x")) ?? null);`,
    { answers: () => reply },
  );
  return JSON.parse(String(text));
}

describe("a reply becomes", () => {
  it.each<[string, unknown]>([
    ["+OK\r\n", "OK"],
    ["$6\r\nh\xc3\xa4llo\r\n", "hällo"],
    ["$0\r\n\r\n", ""],
    ["$3\r\na\0b\r\n", "a\0b"],
    [":5\r\n", "5n"],
    [":-9223372036854775808\r\n", "-9223372036854775808n"],
    [",1.5\r\n", "1.5"],
    [",inf\r\n", "Infinity"],
    [",-inf\r\n", "-Infinity"],
    [",nan\r\n", "NaN"],
    [",-0\r\n", "-0"],
    ["_\r\n", null],
    ["$-1\r\n", null],
    ["*-1\r\n", null],
    ["#t\r\n", true],
    ["#f\r\n", false],
    ["*0\r\n", []],
    ["*2\r\n$1\r\na\r\n_\r\n", ["a", null]],
    ["*2\r\n:1\r\n*1\r\n,2.5\r\n", ["1n", ["2.5"]]],
    ["%1\r\n$1\r\na\r\n$1\r\nb\r\n", { of: [["a", "b"]] }],
    [
      "%2\r\n+a\r\n:1\r\n$9\r\n__proto__\r\n+x\r\n",
      {
        of: [
          ["a", "1n"],
          ["__proto__", "x"],
        ],
      },
    ],
    ["%1\r\n$9\r\n__proto__\r\n+x\r\n", { of: [["__proto__", "x"]] }],
    ["%1\r\n:7\r\n+x\r\n", { of: [["7", "x"]] }],
    ["~2\r\n+a\r\n:1\r\n", ["Set", "a", "1n"]],
    ["(12345678901234567890123\r\n", ["String", "big_number", null, "12345678901234567890123"]],
    ["=7\r\ntxt:abc\r\n", ["String", "verbatim", "txt", "abc"]],
    ["*1\r\n-ERR inside\r\n", [["Error", "ERR inside"]]],
    ["|1\r\n+ttl\r\n:5\r\n$1\r\na\r\n", "a"],
  ])("%j", async (reply, value) => {
    expect(await seen(reply)).toEqual(value);
  });

  it.each<[string, unknown]>([
    ["$3\r\n\xff\0a\r\n", "bytes 255 0 97"],
    ["$0\r\n\r\n", "bytes "],
    ["+OK\r\n", "OK"],
    [":5\r\n", "5n"],
    ["*2\r\n$1\r\n\xff\r\n$-1\r\n", ["bytes 255", null]],
    ["%1\r\n$1\r\na\r\n$1\r\n\xfe\r\n", { of: [["a", "bytes 254"]] }],
    ["=5\r\ntxt:\xff\r\n", "bytes 255"],
  ])("with callRaw: %j", async (reply, value) => {
    expect(await seen(reply, "callRaw")).toEqual(value);
  });

  it("an error, thrown, whose text is Redis' own", async () => {
    const text = await answerOf(
      'try { client.call("x"); } catch (e) { return [e instanceof Error, String(e), e.message]; }',
      { answers: () => "-WRONGTYPE Operation against a key\r\n" },
    );
    const message = "WRONGTYPE Operation against a key";
    expect(text).toEqual([true, message, message]);
  });

  it("an error where it holds bytes that are no text", async () => {
    const text = await answerOf('try { client.call("x"); } catch (e) { return String(e); }', {
      answers: () => "$1\r\n\xff\r\n",
    });
    expect(text).toMatch(/not UTF-8; ask with callRaw/);
  });

  it("what it is, however large or deep", async () => {
    const many = 200_000;
    const large = `*${many}\r\n${"$3\r\nabc\r\n".repeat(many)}`;
    expect(
      await answerOf('const v = client.call("x"); return [v.length, v[0], v[v.length - 1]];', {
        answers: () => large,
      }),
    ).toEqual([BigInt(many), "abc", "abc"]);
    const deep = `${"*1\r\n".repeat(101)}+x\r\n`;
    const text = 'try { client.call("x"); } catch (e) { return String(e); }';
    expect(await answerOf(text, { answers: () => deep })).toMatch(/nested more than 100 deep/);
    expect(
      await answerOf(text, {
        answers: () => `$200\r\n${"x".repeat(200)}\r\n`,
        limits: { transfer: 150 },
      }),
    ).toMatch(/the reply has 208 bytes; a library may be handed 150/);
  });
});

describe("a command's words", () => {
  it("are strings, numbers, BigInts, ArrayBuffers and Uint8Arrays", async () => {
    const { library, executed } = await load(`
redis.registerFunction("f", (client) => {
  const bytes = new Uint8Array([1, 255, 0, 13, 10]);
  client.call("set", "ü\\0\\n", 5, -1.5, 12345678901234567890n, bytes.buffer, bytes.subarray(1, 3), "");
});`);
    await library.call("f", [], [], PLAIN);
    const bytes = "\x01\xff\0\r\n";
    expect(executed).toEqual([
      `0 f set ${Buffer.from("ü\0\n").toString("latin1")} 5 -1.5 12345678901234567890 ${bytes} \xff\0 `,
    ]);
  });

  it.each([
    ["client.call()", /client\.call got no argument/],
    [
      'client.call("set", undefined)',
      /got undefined as argument 2; arguments are strings, numbers/,
    ],
    ['client.call("set", null)', /got null as argument 2/],
    ['client.call("set", {})', /got an object as argument 2/],
    ['client.call("set", [1])', /got an array as argument 2/],
    ['client.call("set", true)', /got true as argument 2/],
    ['client.call("set", Symbol("x"))', /got a symbol as argument 2/],
    ["client.callRaw(() => {})", /client\.callRaw got a function as argument 1/],
    ['client.call("set", { byteLength: 5 })', /got an object as argument 2/],
    ['client.call("set", new Uint16Array(2))', /got an object as argument 2/],
    ['client.call("set", new Proxy(new Uint8Array(3), {}))', /got an object as argument 2/],
  ])("are not otherwise: %s", async (call, why) => {
    const { library, executed } = await load(`redis.registerFunction("f", (client) => ${call});`);
    await expect(library.call("f", [], [], PLAIN)).rejects.toThrow(why);
    expect(executed).toEqual([]);
  });

  it("may be many and large, up to a limit", async () => {
    const { library, executed } = await load(
      `
redis.registerFunction("f", (client) => client.call("set", "k", "x".repeat(1000000)));
redis.registerFunction("g", (client) => client.call("set", "k", "x".repeat(2000000)));`,
      { limits: { transfer: 1_500_000 } },
    );
    expect(await library.call("f", [], [], PLAIN)).toBe("OK");
    expect(executed[0]).toHaveLength("0 f set k ".length + 1_000_000);
    await expect(library.call("g", [], [], PLAIN)).rejects.toThrow(
      /has 2000004 bytes of arguments/,
    );
  });
});

describe("an answer", () => {
  it.each<[string, unknown]>([
    ['"text"', "text"],
    ['"a\\0ü"', "a\0ü"],
    ["5", 5n],
    ["-2147483648", -2147483648n],
    ["2147483648", 2147483648],
    ["1.5", 1.5],
    ["-0", -0],
    ["NaN", Number.NaN],
    ["12345678901234567890n", 12345678901234567890n],
    ["true", true],
    ["null", null],
    ["undefined", undefined],
    ['[1, "a", [null]]', [1n, "a", [null]]],
    ["new Set([1, 2])", new Set([1n, 2n])],
    [
      '({ a: 1, __proto__: null, "b c": { d: 2 } })',
      new Map<string, unknown>([
        ["a", 1n],
        ["b c", new Map([["d", 2n]])],
      ]),
    ],
    ["new Uint8Array([1, 255]).buffer", new Uint8Array([1, 255])],
    ["new Uint8Array([1, 2, 3]).subarray(1)", new Uint8Array([2, 3])],
    ['new String("boxed")', "boxed"],
  ])("is what the function returned: %s", async (code, value) => {
    expect(await answerOf(`return ${code};`)).toEqual(value);
  });

  it.each([
    ["() => {}", /an answer cannot hold a function/],
    ['Symbol("x")', /an answer cannot hold a symbol/],
    [
      "(() => { let a = []; for (let i = 0; i < 101; i++) a = [a]; return a; })()",
      /nested more than 100 deep/,
    ],
    ["(() => { const a = {}; a.a = a; return a; })()", /nested more than 100 deep/],
    ['"x".repeat(3000)', /the answer has more than 2000 bytes/],
  ])("cannot be everything: %s", async (code, why) => {
    await expect(answerOf(`return ${code};`, { limits: { transfer: 2_000 } })).rejects.toThrow(why);
  });

  it("may be nested a hundred deep", async () => {
    const code = "let a = 1; for (let i = 0; i < 100; i++) a = [a]; return a;";
    let answer = await answerOf(code);
    for (let i = 0; i < 100; i++) answer = (answer as unknown[])[0];
    expect(answer).toBe(1n);
  });
});
