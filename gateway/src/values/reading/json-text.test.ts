import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonValue } from "./json-text.js";

describe("a JSON document", () => {
  it("is told parsed, as JSON itself reads it", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value = jsonValue(text);
        if ("data" in value) expect(value.data).toEqual(JSON.parse(text));
        else expect(value).toEqual({ type: "json", text });
      }),
    );
  });

  it.each([
    ['{"id":9007199254740991}', "data"],
    ['{"id":9007199254740992}', "data"],
    ['{"id":9007199254740993}', "text"],
    ["[-12345678901234567890]", "text"],
    ['{"id":"12345678901234567890"}', "data"],
    ['{"a\\"12345678901234567890":1}', "data"],
    ["1.23456789012345678901", "data"],
    ["100000000000000000000", "data"],
  ])("%s is told as its %s: no integer is altered", (text, field) => {
    expect(jsonValue(text)).toHaveProperty(field);
  });

  it("of one long string costs no stack", () => {
    const text = JSON.stringify('"'.repeat(500_000));
    expect(jsonValue(text)).toHaveProperty("data");
  });
});
