import { expect, it } from "vitest";
import type { Library } from "../engine/ports.js";
import { define, readDefinition, writeDefinition } from "./definition.js";

it("what is kept of a library is read as it was written, whatever its triggers are called", () => {
  const named = (name: string) => ({ name, prefix: Buffer.from("k:") });
  const names = ["plain", "__proto__", "constructor", "toString"];
  const library = { triggers: names.map(named), streamTriggers: names.map(named) };
  const origin = { source: "x", configuration: JSON.parse('{"__proto__":{"a":1}}'), user: "u" };
  const definition = define(library as unknown as Library, origin, undefined, () => "id");
  const read = readDefinition(writeDefinition(definition));
  expect(Object.keys(read.triggers)).toEqual(names);
  expect(JSON.stringify(read)).toBe(JSON.stringify(definition));
});
