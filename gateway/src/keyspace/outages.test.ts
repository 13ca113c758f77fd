import { slotOf } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { KEYS, type Owners, running, setup, THIRDS, takenByB, topology } from "./testing/stage.js";

describe("outages", () => {
  it("a lost link that comes back is one gap, on what lived on that node alone", () => {
    const { time, coverage, up, acknowledge, gaps } = running();
    time.now = 5_000;
    coverage.nodeDown("A", 4_000);
    time.now = 6_000;
    up("A");
    expect(Object.values(gaps).flat()).toEqual([]);
    time.now = 6_500;
    acknowledge("A");
    const gap = { reason: "node_lost", from: 4_000, to: 6_500 };
    expect(gaps).toEqual({
      [`key:${KEYS.A}`]: [gap],
      [`key:${KEYS.B}`]: [],
      "prefix:x": [gap],
      "event:set": [gap],
    });
  });

  it("a link lost twice before it is acknowledged is one gap from the first loss on", () => {
    const { time, coverage, up, acknowledge, gaps } = running();
    coverage.nodeDown("A", 2_000);
    up("A");
    coverage.nodeDown("A", 3_000);
    time.now = 9_000;
    up("A");
    acknowledge("A");
    expect(gaps["prefix:x"]).toEqual([{ reason: "node_lost", from: 2_000, to: 9_000 }]);
  });

  it("a killed primary that its replica replaces is a failover", () => {
    const { time, coverage, up, acknowledge, gaps } = running();
    coverage.nodeDown("A", 2_000);
    coverage.follow(topology(THIRDS), 2_100);
    time.now = 8_000;
    coverage.follow(
      topology({ B: THIRDS["B"] ?? [], C: THIRDS["C"] ?? [], R: THIRDS["A"] ?? [] }),
      8_000,
    );
    expect(gaps["prefix:x"]).toEqual([]);
    up("R");
    time.now = 8_100;
    acknowledge("R");
    const gap = { reason: "failover", from: 2_000, to: 8_100 };
    expect(gaps["prefix:x"]).toEqual([gap]);
    expect(gaps[`key:${KEYS.A}`]).toEqual([gap]);
    expect(gaps[`key:${KEYS.B}`]).toEqual([]);
  });

  it("a demoted primary whose socket stays open is a failover, since the last look", () => {
    const { time, coverage, up, acknowledge, gaps } = running();
    coverage.follow(topology(THIRDS), 3_000);
    time.now = 4_000;
    coverage.follow(
      topology({ B: THIRDS["B"] ?? [], C: THIRDS["C"] ?? [], R: THIRDS["A"] ?? [] }),
      3_900,
    );
    up("R");
    time.now = 4_100;
    acknowledge("R");
    expect(gaps["event:set"]).toEqual([{ reason: "failover", from: 3_000, to: 4_100 }]);
  });

  it("a slot that moved unseen is a gap of its exact keys alone", () => {
    const { time, coverage, acknowledge, gaps } = running();
    coverage.follow(topology(THIRDS), 3_000);
    const slot = slotOf(Buffer.from(KEYS.A));
    const split = takenByB(slot);
    time.now = 4_000;
    coverage.follow(topology(split), 3_950);
    time.now = 4_200;
    acknowledge("B");
    expect(gaps).toEqual({
      [`key:${KEYS.A}`]: [{ reason: "slot_moved", from: 3_000, to: 4_200 }],
      [`key:${KEYS.B}`]: [],
      "prefix:x": [],
      "event:set": [],
    });
  });

  it("a slot that is seen on its way costs no gap: both sides are listened to", () => {
    const { coverage, acknowledge, gaps } = running();
    const slot = slotOf(Buffer.from(KEYS.A));
    coverage.follow(topology(THIRDS, [{ slot, from: "A", to: "B", isAsking: false }]), 3_000);
    acknowledge("B");
    const split = takenByB(slot);
    coverage.follow(topology(split), 4_000);
    expect(Object.values(gaps).flat()).toEqual([]);
  });

  it("a demoted node whose link was dead already is a gap since that link's last PONG", () => {
    const { time, coverage, good, up, acknowledge, gaps } = running();
    coverage.follow(topology(THIRDS), 3_000);
    good["A"] = 2_200;
    time.now = 4_000;
    const heirs = { B: THIRDS["B"] ?? [], C: THIRDS["C"] ?? [], R: THIRDS["A"] ?? [] };
    coverage.follow(topology(heirs), 3_900);
    up("R");
    acknowledge("R");
    expect(gaps["prefix:x"]).toEqual([{ reason: "failover", from: 2_200, to: 4_000 }]);
  });

  it("what was held back before the last look is in the gap of a demoted node", () => {
    const { time, coverage, up, acknowledge, gaps } = running();
    coverage.follow(topology(THIRDS), 3_000);
    time.now = 4_000;
    const heirs = { B: THIRDS["B"] ?? [], C: THIRDS["C"] ?? [], R: THIRDS["A"] ?? [] };
    coverage.follow(topology(heirs), 3_900, (id) => (id === "A" ? 2_500 : Infinity));
    up("R");
    acknowledge("R");
    expect(gaps["prefix:x"]).toEqual([{ reason: "failover", from: 2_500, to: 4_000 }]);
  });

  it("a slot that moved before its old owner was lost is a gap from before the move", () => {
    const { time, coverage, up, acknowledgeAll, gaps } = running();
    coverage.follow(topology(THIRDS), 3_000);
    coverage.nodeDown("A", 3_600);
    const heirs: Owners = { B: THIRDS["B"] ?? [], C: THIRDS["C"] ?? [], R: THIRDS["A"] ?? [] };
    time.now = 4_000;
    coverage.follow(topology(heirs), 3_900);
    up("R");
    acknowledgeAll();
    expect(gaps["prefix:x"]).toEqual([{ reason: "failover", from: 3_000, to: 4_000 }]);
  });

  it("a node that joins empty and is given slots before it is heard is a gap", () => {
    const { time, coverage, up, acknowledge, gaps } = running();
    coverage.follow(topology(THIRDS), 3_000);
    const grown: Owners = { ...THIRDS, A: [[0, 99]], N: [[100, 5_460]] };
    time.now = 4_000;
    coverage.follow(topology(grown), 3_950);
    up("N");
    time.now = 4_100;
    acknowledge("N");
    expect(gaps["prefix:x"]).toEqual([{ reason: "slot_moved", from: 3_000, to: 4_100 }]);
    expect(gaps[`key:${KEYS.B}`]).toEqual([]);
  });

  it("who subscribes while a node is away is told a gap from then on", () => {
    const { time, coverage, up, acknowledgeAll, subscribe, gaps } = running();
    coverage.nodeDown("A", 2_000);
    time.now = 3_000;
    const need = subscribe("prefix:late");
    acknowledgeAll();
    let served = false;
    coverage.whenServed(need, { served: () => (served = true), refused: () => {} });
    expect(served).toBe(true);
    coverage.noteAbsences(need);
    time.now = 5_000;
    up("A");
    acknowledgeAll();
    expect(gaps["prefix:late"]).toEqual([{ reason: "node_lost", from: 3_000, to: 5_000 }]);
  });

  it("who subscribes a key does not wait for other nodes, whoever serves it", () => {
    const { coverage, acknowledge, acknowledgeAll, subscribe } = setup();
    subscribe("prefix:k");
    acknowledgeAll();
    const need = subscribe(`key:${KEYS.A}`);
    const wider = subscribe("prefix:");
    let served = "";
    const waiter = (name: string) => ({ served: () => (served += name), refused: () => {} });
    coverage.whenServed(need, waiter("key"));
    coverage.whenServed(wider, waiter(" prefix"));
    acknowledge("A");
    expect(served).toBe("key");
    acknowledgeAll();
    expect(served).toBe("key prefix");
    coverage.nodeDown("A", 2_000);
    coverage.whenServed(subscribe(`key:${KEYS.A}`), waiter(" away"));
    expect(served).toBe("key prefix away");
  });

  it("a key that a broad feed serves has no part in what other nodes' keys may miss", () => {
    const { time, coverage, up, acknowledgeAll, subscribe, gaps } = setup();
    subscribe("prefix:k");
    const need = subscribe(`key:${KEYS.A}`);
    acknowledgeAll();
    expect(coverage.servedOn("A")).toContain(need);
    expect(coverage.servedOn("B")).not.toContain(need);
    coverage.nodeDown("B", 2_000);
    time.now = 3_000;
    coverage.noteAbsences(need);
    const heirs = { A: THIRDS["A"] ?? [], C: THIRDS["C"] ?? [], N: THIRDS["B"] ?? [] };
    coverage.follow(topology(heirs), 3_500);
    up("N");
    acknowledgeAll();
    expect(gaps["prefix:k"]).toHaveLength(1);
    expect(gaps[`key:${KEYS.A}`]).toEqual([]);
  });

  it("nor in slots that a node which is not heard yet was given", () => {
    const { time, coverage, up, acknowledgeAll, subscribe, gaps } = setup();
    subscribe("prefix:k");
    subscribe(`key:${KEYS.B}`);
    acknowledgeAll();
    coverage.follow(topology(THIRDS), 3_000);
    const grown: Owners = { ...THIRDS, A: [[0, 99]], N: [[100, 5_460]] };
    time.now = 4_000;
    coverage.follow(topology(grown), 3_950);
    up("N");
    acknowledgeAll();
    expect(gaps["prefix:k"]).toHaveLength(1);
    expect(gaps[`key:${KEYS.B}`]).toEqual([]);
  });

  it("who left is told nothing, and waits for nothing", () => {
    const { plan, coverage, up, acknowledge, needs, gaps } = running();
    coverage.nodeDown("A", 2_000);
    for (const need of needs) coverage.remove(need, plan.remove(need));
    up("A");
    acknowledge("A");
    expect(Object.values(gaps).flat()).toEqual([]);
  });
});
