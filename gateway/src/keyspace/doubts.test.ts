import { describe, expect, it } from "vitest";
import { Doubts } from "./doubts.js";

function setup() {
  const doubts = new Doubts();
  const told: string[] = [];
  return {
    doubts,
    told,
    tell: (node: string, word: string) => doubts.pass(node, () => told.push(word)),
  };
}

describe("Doubts", () => {
  it("tells at once what nobody doubts", () => {
    const { doubts, told, tell } = setup();
    doubts.raise("A", 1);
    tell("B", "b");
    expect(told).toEqual(["b"]);
  });

  it("tells in order what a node said that turns out to be a primary", () => {
    const { doubts, told, tell } = setup();
    doubts.raise("A", 1);
    tell("A", "1");
    tell("A", "2");
    doubts.settle(2, () => "primary");
    tell("A", "3");
    expect(told).toEqual(["1", "2", "3"]);
  });

  it("never tells what a demoted node said", () => {
    const { doubts, told, tell } = setup();
    doubts.raise("A", 1);
    tell("A", "1");
    doubts.settle(2, () => "other");
    expect(told).toEqual([]);
  });

  it("waits for a look that began behind the sign", () => {
    const { doubts, told, tell } = setup();
    doubts.raise("A", 5);
    tell("A", "1");
    doubts.settle(4, () => "other");
    doubts.settle(5, () => "primary");
    expect(told).toEqual(["1"]);
  });

  it("does not take others' word for it", () => {
    const { doubts, told, tell } = setup();
    doubts.raise("A", 1);
    tell("A", "1");
    doubts.settle(2, () => "unknown");
    expect(told).toEqual([]);
    expect(doubts.since("A")).toBe(1);
    doubts.settle(3, () => "primary");
    expect(told).toEqual(["1"]);
    expect(doubts.since("A")).toBe(Number.POSITIVE_INFINITY);
  });

  it("takes a node's word rather than hold more than a bound", () => {
    const { doubts, told, tell } = setup();
    doubts.raise("A", 1);
    for (let at = 0; at <= 100_000; at++) tell("A", String(at));
    expect(told).toHaveLength(100_001);
  });
});
