import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeNote, parseNote } from "./note.js";
import { PARTS } from "./ports.js";

const parts = fc
  .uniqueArray(fc.integer({ min: 0, max: PARTS - 1 }))
  .map((parts) => parts.sort((a, b) => a - b));
const id = fc.stringMatching(/^[a-z0-9.:-]{1,20}$/);

describe("a fence's note", () => {
  it("is read as it was written", () => {
    const note = fc.record({
      done: fc.array(fc.record({ before: id, parts })),
      isCall: fc.boolean(),
    });
    fc.assert(
      fc.property(note, (note) => {
        expect(parseNote("triggers", encodeNote("triggers", note))).toEqual(note);
      }),
    );
  });

  it("looks as the documentation says", () => {
    const low = Array.from({ length: 32 }, (_, part) => part);
    const done = [
      { before: "gw1.triggers-7", parts: low },
      { before: "gw1.triggers-6", parts: [32] },
    ];
    expect(encodeNote("triggers", { done, isCall: true })).toBe(
      "triggers gw1.triggers-7:00000000ffffffff gw1.triggers-6:0000000100000000 !",
    );
  });

  it("of another group, or of nobody of ours, says nothing", () => {
    expect(parseNote("amqp", "triggers !")).toBeUndefined();
    expect(parseNote("amqp", "")).toBeUndefined();
    expect(parseNote("amqp", "amqp2 !")).toBeUndefined();
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        for (const { before } of parseNote("amqp", `amqp ${text}`)?.done ?? [])
          expect(before).not.toBe("");
      }),
    );
  });
});
