import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encodeBegin,
  encodeEnd,
  encodeFence,
  encodeMended,
  type Mark,
  parseMark,
} from "./marks.js";

const word = fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" }).map((text) => {
  const solid = text.replaceAll(" ", "_");
  return solid === "*" ? "a" : solid;
});
const node = fc.option(word, { nil: undefined });
const mark: fc.Arbitrary<Mark> = fc.oneof(
  fc.record({
    kind: fc.constant("begin" as const),
    node,
    origin: fc.string({ minLength: 1, unit: "grapheme" }),
  }),
  fc.record({ kind: fc.constant("end" as const), node }),
  fc.record({
    kind: fc.constant("fence" as const),
    node,
    id: word,
    note: fc.string({ unit: "grapheme" }),
  }),
  fc.record({ kind: fc.constant("mended" as const), node, letters: word }),
);

function encode(mark: Mark): string {
  switch (mark.kind) {
    case "begin":
      return encodeBegin(mark.node, mark.origin);
    case "end":
      return encodeEnd(mark.node);
    case "fence":
      return encodeFence(mark.node, mark.id, mark.note);
    case "mended":
      return encodeMended(mark.node, mark.letters);
  }
}

describe("marks", () => {
  it("are read as they were written", () => {
    fc.assert(
      fc.property(mark, (mark) => {
        expect(parseMark(Buffer.from(encode(mark)))).toEqual(mark);
      }),
    );
  });

  it("look as the documentation says", () => {
    expect(encodeBegin("07c37df", "trigger:orders.total")).toBe(
      "begin 07c37df trigger:orders.total",
    );
    expect(encodeBegin(undefined, "trigger:orders.total")).toBe("begin * trigger:orders.total");
    expect(encodeEnd("07c37df")).toBe("end 07c37df");
    expect(encodeFence(undefined, "gw1-7")).toBe("fence * gw1-7");
    expect(encodeFence("07c37df", "gw1-7", "triggers done")).toBe(
      "fence 07c37df gw1-7 triggers done",
    );
  });

  it.each([
    "",
    "begin",
    "begin ",
    "begin *",
    "begin * ",
    "end",
    "end ",
    "end * x",
    "fence *",
    "mended *",
  ])("%j is none", (text) => expect(parseMark(Buffer.from(text))).toBeUndefined());

  it("nothing that anybody publishes makes them throw", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        parseMark(Buffer.from(bytes));
      }),
    );
  });
});
