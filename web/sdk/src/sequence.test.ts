import { describe, expect, it } from "vitest";
import { Sequence } from "./sequence.js";
import { event, gap, snapshot, subscribed } from "./testing/messages.js";

const HERE = { epoch: "e1", offset: 5 };

function at(offset: number): Sequence {
  const sequence = new Sequence();
  expect(sequence.begin(subscribed(1, offset), undefined)).toBe(false);
  return sequence;
}

describe("Sequence", () => {
  it("takes messages one after the other", () => {
    const sequence = at(5);
    expect(sequence.accept(event(6))).toBe("next");
    expect(sequence.accept(gap(7))).toBe("next");
    expect(sequence.accept(snapshot(8))).toBe("next");
    expect(sequence.cursor).toEqual({ epoch: "e1", offset: 8 });
  });

  it("finds jumps and repetitions, and stays where it was", () => {
    const sequence = at(5);
    expect(sequence.accept(event(7))).toBe("offset_jump");
    expect(sequence.accept(event(5))).toBe("offset_repeated");
    expect(sequence.accept(snapshot(5))).toBe("offset_repeated");
    expect(sequence.accept(gap(9))).toBe("offset_jump");
    expect(sequence.cursor).toEqual(HERE);
  });

  it("takes an offset that is no number for a jump", () => {
    const sequence = at(5);
    expect(sequence.accept({ ...event(6), offset: "6" as unknown as number })).toBe("offset_jump");
    expect(sequence.accept({ ...event(6), offset: undefined as unknown as number })).toBe(
      "offset_jump",
    );
  });

  it("moves over a gap of its own by as many as it says", () => {
    const sequence = at(5);
    expect(sequence.accept(gap(9, { reason: "slow_consumer", missed: 3 }))).toBe("offset_jump");
    expect(sequence.accept(gap(9, { reason: "slow_consumer", missed: 4 }))).toBe("next");
    expect(sequence.accept(gap(14, { reason: "slow_consumer", missed: null }))).toBe("next");
    expect(sequence.accept(event(15))).toBe("next");
  });

  it("lets a snapshot repeat the offset of the client's own gap just before it, and no other", () => {
    const sequence = at(5);
    sequence.accept(gap(9, { missed: 4 }));
    expect(sequence.accept(snapshot(9))).toBe("next");
    expect(sequence.accept(snapshot(9))).toBe("offset_repeated");
    expect(sequence.accept(gap(10))).toBe("next");
    expect(sequence.accept(snapshot(10))).toBe("offset_repeated");
    expect(sequence.accept(snapshot(11))).toBe("next");
  });

  it("resumes where it was", () => {
    const sequence = at(5);
    expect(sequence.begin(subscribed(2, 5, { resumed: true }), HERE)).toBe(false);
    expect(sequence.accept(event(6))).toBe("next");
  });

  it("takes a resumption at another place than it asked for none", () => {
    for (const [epoch, offset] of [["e1", 6] as const, ["e2", 5] as const]) {
      const sequence = at(5);
      expect(sequence.begin(subscribed(2, offset, { epoch, resumed: true }), HERE)).toBe(false);
      expect(sequence.due).toEqual({ epoch, offset });
      expect(sequence.accept(event(offset + 1))).toBe("gap_missing");
    }
  });

  it("waits for the gap that is due, and would resume before it until then", () => {
    const sequence = at(5);
    expect(sequence.begin(subscribed(2, 40, { resumed: false, epoch: "e2" }), HERE)).toBe(false);
    expect(sequence.due).toEqual({ epoch: "e2", offset: 40 });
    expect(sequence.cursor).toEqual(HERE);
    expect(sequence.accept(event(41))).toBe("gap_missing");
    expect(sequence.accept(gap(41))).toBe("gap_missing");
    const slow = gap(41, { missed: 1, reason: "slow_consumer" });
    expect(sequence.accept(slow)).toBe("gap_missing");
    expect(sequence.accept(gap(40, { missed: null }))).toBe("next");
    expect(sequence.cursor).toEqual({ epoch: "e2", offset: 40 });
    expect(sequence.accept(event(41))).toBe("next");
  });

  it("goes on without the gap where the caller waives it", () => {
    const sequence = at(5);
    sequence.begin(subscribed(2, 40, { resumed: false }), HERE);
    sequence.waive();
    expect(sequence.accept(event(41))).toBe("next");
  });

  it("takes an answer to a subscribe that did not ask to resume for what it is", () => {
    expect(at(5).begin(subscribed(2, 5), undefined)).toBe(false);
    expect(at(5).begin(subscribed(2, 8), undefined)).toBe(true);
  });
});
