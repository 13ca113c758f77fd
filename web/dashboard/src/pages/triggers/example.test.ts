import { expect, it } from "vitest";
import { EXAMPLE, freshExample, nameIn } from "./example.js";
import { readLibraries } from "./state.js";
import { tryCommand } from "./try-command.js";

it.each([
  ["#!js api_version=1.0 name=shop\nlet name = 1;", "shop"],
  ["#!js name=shop api_version=1.0 ", "shop"],
  ["#!js api_version=1.0 name=", null],
  ["#!js api_version=1.0 surname=x", null],
  ["let a;\n#!js api_version=1.0 name=shop", null],
  ["", null],
])("the first line of %j names %j", (source, name) => {
  expect(nameIn(source)).toBe(name);
});

it("the example is given a name that is free", () => {
  expect(freshExample(new Set())).toEqual(EXAMPLE);
  const { source } = freshExample(new Set(["example", "example2"]));
  expect(nameIn(source)).toBe("example3");
});

it.each([
  [{ prefix: "user:", events: ["hset", "hincrby"] }, "redis-cli hset user:1 name Ada"],
  [{ prefix: "", events: null }, "redis-cli set 1 hello"],
  [{ prefix: "k:", events: ["evicted", "del", "expired"] }, "redis-cli set k:1 hello px 100"],
  [{ prefix: "k:", events: ["evicted"] }, undefined],
  [{ prefix: "a b'", events: null }, undefined],
  [{ prefix: null, prefix_raw: "/w==", events: null }, undefined],
])("%j is tried with %j", (trigger, command) => {
  const [library] = readLibraries([{ name: "l", keyspace_triggers: [{ name: "t", ...trigger }] }]);
  const [state] = library?.triggers ?? [];
  expect(state && tryCommand(state)).toBe(command);
});
