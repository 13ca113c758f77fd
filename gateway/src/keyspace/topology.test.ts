import { describe, expect, it } from "vitest";
import { parseClusterNodes } from "./cluster-nodes.js";
import { mergeViews, newVoices, restless, Topology } from "./topology.js";

const A = "a".repeat(40);
const B = "b".repeat(40);
const C = "c".repeat(40);

const view = (...lines: string[]) => ({
  askedHost: "10.0.0.9",
  nodes: parseClusterNodes(`${lines.join("\n")}\n`),
});

it("a server alone has been heard as soon as it is known", () => {
  const { heard, primaries } = Topology.single("10.0.0.1", 6379);
  expect([...heard]).toEqual([...primaries.keys()]);
});

describe("parseClusterNodes", () => {
  it("reads roles, addresses, slots and the markers of moving slots", () => {
    const [node, replica] = parseClusterNodes(
      [
        `${A} 127.0.0.1:7000@17000,host-a myself,master - 0 0 3 connected 0-5 7 [9->-${B}] [12-<-${C}]`,
        `${B} ::1:7001@17001 slave ${A} 0 1 3 connected`,
        `${C} :0@0 master,noaddr - 0 0 0 disconnected`,
        `${C} 127.0.0.1:7002@17002 handshake - 0 0 0 connected`,
        "",
      ].join("\n"),
    );
    expect(node).toMatchObject({ id: A, host: "127.0.0.1", port: 7000, role: "primary", epoch: 3 });
    expect(node?.slots).toEqual([
      [0, 5],
      [7, 7],
    ]);
    expect([...(node?.migrating ?? [])]).toEqual([[9, B]]);
    expect([...(node?.importing ?? [])]).toEqual([[12, C]]);
    expect(replica).toMatchObject({ host: "::1", port: 7001, role: "replica", myself: false });
  });
});

describe("mergeViews", () => {
  it("takes a node's word about itself before what others say of it", () => {
    const topology = mergeViews([
      view(
        `${A} 127.0.0.1:7000@1 myself,master - 0 0 1 connected 0-8000`,
        `${B} 127.0.0.1:7001@1 master - 0 0 9 connected 8001-16383`,
      ),
      view(
        `${A} 127.0.0.1:7000@1 master - 0 0 1 connected 0-8000`,
        `${B} 127.0.0.1:7001@1 myself,slave ${C} 0 0 2 connected`,
        `${C} 127.0.0.1:7002@1 master - 0 0 10 connected 8001-16383`,
      ),
    ]);
    expect([...topology.primaries.keys()].sort()).toEqual([A, C]);
    expect(topology.ownerOf(9000)).toBe(C);
    expect(topology.unowned).toBe(0);
  });

  it("gives a slot that two primaries claim to the higher epoch", () => {
    const topology = mergeViews([
      view(`${A} 127.0.0.1:7000@1 myself,master - 0 0 7 connected 0-100`),
      view(`${B} 127.0.0.1:7001@1 myself,master - 0 0 8 connected 50-60`),
    ]);
    expect([49, 50, 60, 61].map((slot) => topology.ownerOf(slot))).toEqual([A, B, B, A]);
  });

  it("keeps empty primaries, drops dead ones without slots, and keeps dead ones that still own some", () => {
    const topology = mergeViews([
      view(
        `${A} 127.0.0.1:7000@1 myself,master - 0 0 1 connected`,
        `${B} 127.0.0.1:7001@1 master,fail - 0 0 2 disconnected`,
        `${C} 127.0.0.1:7002@1 master,fail - 0 0 3 disconnected 0-10`,
      ),
    ]);
    expect([...topology.primaries.keys()].sort()).toEqual([A, C]);
  });

  it("finds a migration that only its target tells of, and fills in an address it was asked on", () => {
    const topology = mergeViews([
      view(`${A} :7000@1 myself,master - 0 0 1 connected 0-100`),
      view(`${B} 127.0.0.1:7001@1 myself,master - 0 0 2 connected [7-<-${A}]`),
    ]);
    expect(topology.migrations).toEqual([{ slot: 7, from: A, to: B, isAsking: false }]);
    expect([topology.speakersOf(7), topology.slotsOf(B)]).toEqual([[A], []]);
    expect(topology.primaries.get(A)?.host).toBe("10.0.0.9");
  });
});

describe("Topology.single", () => {
  it("owns every slot", () => {
    const topology = Topology.single("localhost", 6379);
    expect(topology.ownerOf(16_383)).toBe("localhost:6379");
    expect(topology.unowned).toBe(0);
  });

  it("takes a target for one that keys are written on once the source sends there, or is not heard", () => {
    const source = (marker: string) =>
      view(
        `${A} 127.0.0.1:7000@1 myself,master - 0 0 1 connected 0-16383${marker}`,
        `${B} 127.0.0.1:7001@1 master - 0 0 2 connected`,
      );
    const target = view(
      `${A} 127.0.0.1:7000@1 master - 0 0 1 connected 0-16383`,
      `${B} 127.0.0.1:7001@1 myself,master - 0 0 2 connected [7-<-${A}]`,
    );
    const isAsking = (...views: Parameters<typeof mergeViews>[0]) =>
      mergeViews(views).migrations.map((move) => move.isAsking);
    expect(isAsking(source(""), target)).toEqual([false]);
    expect(isAsking(target)).toEqual([true]);
    expect(isAsking(source(` [7->-${B}]`))).toEqual([true]);
    const moving = mergeViews([source(` [7->-${B}]`), target]);
    expect(isAsking(source(` [7->-${B}]`), target)).toEqual([true]);
    expect([moving.speakersOf(7), moving.speakersOf(8)]).toEqual([[A, B], [A]]);
    expect(moving.slotsOf(B)).toEqual([[7, 7]]);
    expect([...moving.heard].sort()).toEqual([A, B]);
  });

  it("gives a primary the slots that it owns, not those that it claims", () => {
    const topology = mergeViews([
      view(
        `${A} 127.0.0.1:7000@1 myself,master - 0 0 1 connected 0-16383`,
        `${B} 127.0.0.1:7001@1 master - 0 0 2 connected 0-16383`,
      ),
    ]);
    expect(topology.primaries.get(A)?.slots).toEqual([]);
    expect(topology.primaries.get(B)?.slots).toEqual([[0, 16_383]]);
  });
});

describe("newVoices", () => {
  const cluster = (ofA: string, ofB: string) =>
    mergeViews([
      view(
        `${A} 127.0.0.1:7000@1 myself,master - 0 0 ${ofA}`,
        `${B} 127.0.0.1:7001@1 master - 0 0 ${ofB}`,
      ),
    ]);
  const before = cluster("1 connected 0-8191", "2 connected 8192-16383");
  const asking = cluster(`1 connected 0-8191 [7->-${B}]`, "2 connected 8192-16383");
  const after = cluster("1 connected 0-6 8-8191", "3 connected 7 8192-16383");

  it("tells of a slot's target once: where keys are written there, or it owns the slot", () => {
    const voice = (role: string) => [{ before: A, node: B, role, slots: [[7, 7]] }];
    expect(newVoices(before, asking)).toEqual(voice("target"));
    expect(newVoices(asking, after)).toEqual([]);
    expect(newVoices(before, after)).toEqual(voice("owner"));
    expect(newVoices(asking, before)).toEqual([]);
  });

  it("tells who owns what it owned, and was given a slot all the same", () => {
    expect(restless(before, after)).toEqual([]);
    expect(restless(before, cluster("4 connected 0-8191", "2 connected 8192-16383"))).toEqual([A]);
  });
});
