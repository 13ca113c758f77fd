import { type QuickJSHandle, Scope } from "quickjs-emscripten-core";
import { beforeAll, expect, it, vi } from "vitest";
import { quickJs } from "../host/wasm.js";
import { Realm } from "./realm.js";

const MEMORY = 16 * 1_024 * 1_024;

let realm: Realm;

beforeAll(async () => {
  const limits = {
    memory: MEMORY,
    stack: 256 * 1_024,
    runningTime: 0,
    transfer: 0,
    promiseAge: 0,
    grace: 0,
  };
  realm = await Realm.open(await quickJs(), limits, () => false);
});

/** What a source comes to, as JSON, in a sandbox that has the functions. */
function run(
  source: string,
  functions: Readonly<Record<string, (...args: QuickJSHandle[]) => QuickJSHandle | undefined>>,
): unknown {
  const { context } = realm;
  for (const [name, fn] of Object.entries(functions)) {
    context
      .newFunction(name, fn)
      .consume((handle) => context.setProp(context.global, name, handle));
  }
  const result = context.unwrapResult(context.evalCode(`JSON.stringify((() => {${source}})())`));
  return JSON.parse(result.consume((handle) => context.getString(handle)));
}

it("host functions are given what they are called with, and what they give comes back", () => {
  const { context } = realm;
  const values = run("return [join('a', 'ü', 3), nothing() === undefined, yes(), none(), join()]", {
    join: (...args) => context.newString(args.map((arg) => context.getString(arg)).join("+")),
    nothing: () => undefined,
    yes: () => context.true,
    none: () => context.null,
  });
  expect(values).toEqual(["a+ü+3", true, true, null, ""]);
});

it("what they throw is thrown in the sandbox, an error or a value of its own", () => {
  const { context } = realm;
  const source =
    "const caught = (fn) => { try { fn(); } catch (e) { return e instanceof Error ? String(e) : e; } };" +
    "return [caught(fault), caught(value), twice()]";
  const values = run(source, {
    fault: () => {
      throw new RangeError("too much");
    },
    value: () => {
      throw context.newNumber(7);
    },
    twice: () => context.newNumber(2),
  });
  expect(values).toEqual(["RangeError: too much", 7, 2]);
});

it("they call back into the sandbox, and are called from there", () => {
  const { context } = realm;
  const values = run("globalThis.inner = (n) => outer(n); return outer(20)", {
    outer: (n) => {
      const left = context.getNumber(n as QuickJSHandle);
      if (left === 0) return context.newString("bottom");
      const inner = context.getProp(context.global, "inner");
      const result = realm.call(inner, context.newNumber(left - 1));
      inner.dispose();
      return "thrown" in result ? result.thrown : result;
    },
  });
  expect(values).toBe("bottom");
});

it("nothing of a call is left behind: more than the memory holds goes through", () => {
  const { context } = realm;
  const text = "x".repeat(1_024);
  const source =
    "for (let i = 0; i < 60000; i++) { if (echo('y'.repeat(1024) + i) === '') return i; } return -1";
  const echo = (arg?: QuickJSHandle) => {
    if (arg === undefined || context.getString(arg).length < text.length)
      return context.newString("");
    return context.newString(text);
  };
  expect(run(source, { echo })).toBe(-1);
  const failing =
    "for (let i = 0; i < 30000; i++) { try { fail() } catch (e) { if (e.message.length !== 1024) return i } } return -1";
  const fail = () => {
    throw new Error(text);
  };
  expect(run(failing, { fail })).toBe(-1);
});

it("the bindings' own way, which is slower, is not taken", () => {
  const scopes = vi.spyOn(Scope, "withScopeMaybeAsync");
  expect(run("return one()", { one: () => realm.context.newNumber(1) })).toBe(1);
  expect(scopes).not.toHaveBeenCalled();
  scopes.mockRestore();
});
