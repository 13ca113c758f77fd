import { parseChannel, SLOTS, slotOf } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import type { SlotRange } from "./cluster-nodes.js";
import { Coverage } from "./coverage.js";
import type { Feed } from "./need.js";
import { Need } from "./need.js";
import type { NodePort } from "./node-feeds.js";
import type { Gap } from "./notification.js";
import { FeedPlan } from "./plan.js";
import { type Migration, type Primary, Topology } from "./topology.js";

/** A key of each third of the slots: A's, B's and C's. */
const KEYS = { A: keyIn(0), B: keyIn(6_000), C: keyIn(12_000) };

function keyIn(first: number, except?: number): string {
  for (let at = 0; ; at++) {
    const slot = slotOf(Buffer.from(`k${at}`));
    if (slot >= first && slot < first + 4_000 && slot !== except) return `k${at}`;
  }
}

type Owners = Readonly<Record<string, readonly SlotRange[]>>;

const THIRDS: Owners = {
  A: [[0, 5_460]],
  B: [[5_461, 10_922]],
  C: [[10_923, SLOTS - 1]],
};

function topology(
  owners: Owners,
  migrations: readonly Migration[] = [],
  epochs: Readonly<Record<string, number>> = {},
): Topology {
  const bySlot = Array<string | undefined>(SLOTS).fill(undefined);
  const primaries: Primary[] = Object.entries(owners).map(([id, slots]) => {
    for (const [first, last] of slots) bySlot.fill(id, first, last + 1);
    return { id, host: id, port: 1, slots, epoch: epochs[id] ?? 1 };
  });
  return new Topology(primaries, bySlot, migrations);
}

/** A coverage whose nodes acknowledge when they are told to. */
function setup() {
  const time = { now: 1_000 };
  const plan = new FeedPlan();
  /** The nodes that have the keys that they are asked for. */
  const keepers: string[] = [];
  const coverage = new Coverage(
    plan,
    () => time.now,
    async (id) => keepers.includes(id),
  );
  const asked = new Map<string, Feed[]>();
  /** By node: the last moment up to which all that it told has come, where that is known. */
  const good: Record<string, number> = {};
  /** By node and slot: since when the node would tell that it lost the slot. */
  const guards: Record<string, Record<number, number>> = {};
  /** The nodes that were asked to tell all they have told. */
  const probed: string[] = [];
  const gaps: Record<string, Gap[]> = {};
  const up = (id: string) => {
    asked.set(id, []);
    const port: NodePort = {
      subscribe: (feed) => asked.get(id)?.push(feed),
      unsubscribe: () => {},
      get lastGood() {
        return good[id] ?? Number.POSITIVE_INFINITY;
      },
      guardedSince: (slot) => guards[id]?.[slot],
      probe: () => probed.push(id),
    };
    coverage.nodeUp(id, port);
  };
  const acknowledge = (id: string) => {
    for (const feed of asked.get(id)?.splice(0) ?? []) coverage.acknowledged(id, feed);
  };
  const acknowledgeAll = () => {
    for (const id of asked.keys()) acknowledge(id);
  };
  const subscribe = (channel: string) => {
    const need = new Need(parseChannel(channel));
    const told: Gap[] = [];
    gaps[channel] = told;
    need.listeners.add({ notification: () => {}, gap: (gap) => told.push(gap) });
    coverage.apply(plan.add(need));
    return need;
  };
  coverage.follow(topology(THIRDS), time.now);
  for (const id of ["A", "B", "C"]) up(id);
  return {
    time,
    plan,
    coverage,
    keepers,
    good,
    guards,
    probed,
    up,
    acknowledge,
    acknowledgeAll,
    subscribe,
    gaps,
  };
}

const channels = [`key:${KEYS.A}`, `key:${KEYS.B}`, "prefix:x", "event:set"] as const;

function running() {
  const it = setup();
  const needs = channels.map((channel) => it.subscribe(channel));
  it.acknowledgeAll();
  return { ...it, needs };
}

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
    const split: Owners = {
      A: [
        [0, slot - 1],
        [slot + 1, 5_460],
      ],
      B: [...(THIRDS["B"] ?? []), [slot, slot]],
      C: THIRDS["C"] ?? [],
    };
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
    const split: Owners = {
      A: [
        [0, slot - 1],
        [slot + 1, 5_460],
      ],
      B: [...(THIRDS["B"] ?? []), [slot, slot]],
      C: THIRDS["C"] ?? [],
    };
    coverage.follow(topology(split), 4_000);
    expect(Object.values(gaps).flat()).toEqual([]);
  });

  describe("a slot on its way", () => {
    const slot = slotOf(Buffer.from(KEYS.A));
    const moving = (isAsking: boolean): Migration[] => [{ slot, from: "A", to: "B", isAsking }];
    const gone: Owners = {
      A: [
        [0, slot - 1],
        [slot + 1, 5_460],
      ],
      B: [...(THIRDS["B"] ?? []), [slot, slot]],
      C: THIRDS["C"] ?? [],
    };
    const told = (gap: Partial<Gap>) => ({
      [`key:${KEYS.A}`]: [{ reason: "slot_moved", ...gap }],
      [`key:${KEYS.B}`]: [],
      "prefix:x": [],
      "event:set": [],
    });

    const answers = () => new Promise(setImmediate);

    it("whose absent keys were written on the target before that was listened to is a gap", async () => {
      const { time, coverage, acknowledge, gaps } = running();
      coverage.follow(topology(THIRDS), 3_000);
      time.now = 4_000;
      coverage.follow(topology(THIRDS, moving(true)), 3_950);
      expect(Object.values(gaps).flat()).toEqual([]);
      time.now = 4_100;
      acknowledge("B");
      await answers();
      expect(gaps).toEqual(told({ from: 3_000, to: 4_100 }));
      coverage.follow(topology(gone), 5_000);
      await answers();
      expect(gaps).toEqual(told({ from: 3_000, to: 4_100 }));
    });

    it("is none of a key that the source has still: nobody was sent on for it", async () => {
      const { coverage, acknowledge, keepers, gaps } = running();
      keepers.push("A");
      coverage.follow(topology(THIRDS), 3_000);
      coverage.follow(topology(THIRDS, moving(true)), 3_950);
      acknowledge("B");
      await answers();
      coverage.follow(topology(gone), 5_000);
      await answers();
      expect(Object.values(gaps).flat()).toEqual([]);
    });

    it("nor is it known that they were not, where nobody looked since", async () => {
      const { time, coverage, acknowledge, gaps } = running();
      coverage.follow(topology(THIRDS, moving(false)), 3_000);
      time.now = 3_100;
      acknowledge("B");
      time.now = 4_000;
      coverage.follow(topology(THIRDS, moving(true)), 3_950);
      await answers();
      expect(gaps).toEqual(told({ from: 3_000, to: 3_100 }));
    });

    it("is none where the target was listened to before anybody was sent there", () => {
      const { time, coverage, acknowledge, gaps } = running();
      coverage.follow(topology(THIRDS, moving(false)), 3_000);
      time.now = 3_100;
      acknowledge("B");
      coverage.follow(topology(THIRDS, moving(false)), 3_150);
      coverage.follow(topology(THIRDS, moving(true)), 3_950);
      coverage.follow(topology(gone), 5_000);
      expect(Object.values(gaps).flat()).toEqual([]);
    });

    it("to a node that is away is a gap until it is back", () => {
      const { time, coverage, up, acknowledge, gaps } = running();
      coverage.follow(topology(THIRDS, moving(false)), 3_000);
      time.now = 3_000;
      acknowledge("B");
      coverage.follow(topology(THIRDS, moving(true)), 3_500);
      coverage.nodeDown("B", 4_000);
      time.now = 6_000;
      up("B");
      acknowledge("B");
      expect(gaps[`key:${KEYS.A}`]).toEqual([{ reason: "node_lost", from: 4_000, to: 6_000 }]);
    });

    it("that arrived unseen where a link was lost and is back is a gap of keys served broadly too", () => {
      const { time, coverage, up, acknowledgeAll, subscribe, gaps } = setup();
      subscribe("prefix:k");
      subscribe(`key:${KEYS.A}`);
      acknowledgeAll();
      coverage.follow(topology(THIRDS), 3_000);
      coverage.nodeDown("B", 3_500);
      time.now = 3_800;
      up("B");
      acknowledgeAll();
      coverage.follow(topology(gone), 3_900);
      expect(gaps["prefix:k"]).toEqual([{ reason: "node_lost", from: 3_500, to: 3_800 }]);
      expect(gaps[`key:${KEYS.A}`]).toEqual([{ reason: "slot_moved", from: 3_000, to: 3_800 }]);
    });

    it("and back again unseen is a gap of what is listened to on the owner alone", () => {
      const { time, coverage, subscribe, acknowledgeAll, gaps } = running();
      subscribe("prefix:k");
      acknowledgeAll();
      coverage.follow(topology(THIRDS), 3_000);
      time.now = 4_000;
      coverage.follow(topology(THIRDS, [], { B: 2 }), 3_950);
      // The prefix covers the keys now, and listens everywhere.
      expect(Object.values(gaps).flat()).toEqual([]);
      const alone = running();
      alone.coverage.follow(topology(THIRDS), 3_000);
      alone.time.now = 4_000;
      alone.coverage.follow(topology(THIRDS, [], { A: 2 }), 3_950);
      expect(alone.gaps).toEqual(told({ from: 3_000, to: 4_000 }));
    });
  });

  describe("a slot of which its node tells that it lost it", () => {
    const slot = slotOf(Buffer.from(KEYS.A));
    const moving = (isAsking: boolean): Migration[] => [{ slot, from: "A", to: "B", isAsking }];
    const moved: Owners = {
      A: [
        [0, slot - 1],
        [slot + 1, 5_460],
      ],
      B: [...(THIRDS["B"] ?? []), [slot, slot]],
      C: THIRDS["C"] ?? [],
    };
    /** Another key of A's, and every slot guarded. */
    const other = `key:${keyIn(1_000, slot)}`;
    const guarded = () => {
      const it = running();
      it.subscribe(other);
      it.acknowledgeAll();
      for (const id of ["A", "B", "C"]) {
        it.guards[id] = Object.fromEntries(Array.from({ length: SLOTS }, (_, at) => [at, 1_000]));
      }
      const lose = (id: string) => {
        it.coverage.slotLost(id, slot, it.guards[id]?.[slot] ?? Infinity);
        delete it.guards[id]?.[slot];
      };
      it.coverage.follow(topology(THIRDS), 3_000);
      return { ...it, lose };
    };
    const epochs = { A: 3, B: 2 };
    const told = (gap: Partial<Gap>) => ({
      [`key:${KEYS.A}`]: [{ reason: "slot_moved", ...gap }],
      [`key:${KEYS.B}`]: [],
      [other]: [],
      "prefix:x": [],
      "event:set": [],
    });

    it("and has it back at the next look is a gap of its keys alone", () => {
      const { time, coverage, good, gaps, lose } = guarded();
      good["A"] = 3_400;
      time.now = 3_800;
      lose("A");
      time.now = 4_100;
      coverage.follow(topology(THIRDS, [], epochs), 4_000);
      expect(gaps).toEqual(told({ from: 3_400, to: 4_100 }));
      coverage.follow(topology(THIRDS, [], epochs), 5_000);
      expect(gaps).toEqual(told({ from: 3_400, to: 4_100 }));
    });

    it("is a gap too where no epoch shows it", () => {
      const { time, coverage, good, gaps, lose } = guarded();
      good["A"] = 3_400;
      time.now = 3_800;
      lose("A");
      coverage.follow(topology(THIRDS), 4_000);
      expect(gaps).toEqual(told({ from: 3_400, to: 3_800 }));
    });

    it("waits for a look that began later", () => {
      const { time, coverage, good, gaps, lose } = guarded();
      good["A"] = 3_400;
      time.now = 3_800;
      lose("A");
      coverage.follow(topology(THIRDS, [], epochs), 3_700);
      expect(Object.values(gaps).flat()).toEqual([]);
      time.now = 4_000;
      coverage.follow(topology(THIRDS, [], epochs), 3_900);
      expect(gaps).toEqual(told({ from: 3_400, to: 4_000 }));
    });

    it("is told nothing where all guards held", () => {
      const { coverage, gaps } = guarded();
      coverage.follow(topology(THIRDS, [], epochs), 4_000);
      expect(Object.values(gaps).flat()).toEqual([]);
    });

    it("counts from the last look where the guard is younger", () => {
      const { time, coverage, good, guards, gaps, lose } = guarded();
      Object.assign(guards["A"] ?? {}, { [slot]: 3_200 });
      good["A"] = 3_400;
      time.now = 3_800;
      lose("A");
      coverage.follow(topology(THIRDS, [], epochs), 4_000);
      expect(gaps).toEqual(told({ from: 3_000, to: 3_800 }));
    });

    it("and that another one owns is a gap once, until that one is heard", () => {
      const { time, coverage, good, acknowledge, gaps, lose } = guarded();
      good["A"] = 3_400;
      time.now = 3_800;
      lose("A");
      coverage.follow(topology(moved, [], { B: 2 }), 3_900);
      time.now = 4_200;
      acknowledge("B");
      coverage.follow(topology(moved, [], { B: 2 }), 5_000);
      expect(gaps).toEqual(told({ from: 3_000, to: 4_200 }));
    });

    it("costs nothing where the other side was heard before, and back again", () => {
      const { time, coverage, good, keepers, acknowledge, probed, gaps, lose } = guarded();
      keepers.push("A");
      coverage.follow(topology(THIRDS, moving(false)), 3_100);
      time.now = 3_200;
      acknowledge("B");
      expect(probed).toEqual(["A"]);
      good["A"] = 3_200;
      coverage.follow(topology(THIRDS, moving(true)), 3_300);
      time.now = 3_800;
      lose("A");
      coverage.follow(topology(THIRDS, [], epochs), 4_000);
      expect(Object.values(gaps).flat()).toEqual([]);
    });

    it("is heard of it until it tells so, though others own it by then", () => {
      const { coverage, keepers, needs, acknowledge, gaps, lose } = guarded();
      keepers.push("A");
      coverage.follow(topology(THIRDS, moving(true)), 3_100);
      acknowledge("B");
      coverage.follow(topology(moved, [], { B: 2 }), 4_000);
      const heard: string[] = [];
      const raise = (id: string, event: string) => {
        const feed = needs[0]?.feed;
        const key = Buffer.from(KEYS.A);
        if (feed) coverage.route(id, feed, 0, key, event, () => heard.push(`${event} on ${id}`));
      };
      raise("A", "set");
      raise("B", "append");
      lose("A");
      coverage.follow(topology(moved, [], { B: 2 }), 4_100);
      raise("A", "never");
      raise("B", "del");
      expect(heard).toEqual(["set on A", "append on B", "del on B"]);
      expect(coverage.nodesOf(needs[0]?.feed as Feed)).toEqual(["B"]);
      expect(
        Object.values(gaps)
          .flat()
          .filter(({ reason }) => reason !== "slot_moved"),
      ).toEqual([]);
    });

    it("is a gap where its link is lost before it told so, though others own it by then", () => {
      const { time, coverage, good, keepers, acknowledge, gaps } = guarded();
      keepers.push("A");
      coverage.follow(topology(THIRDS, moving(true)), 3_100);
      acknowledge("B");
      good["A"] = 3_400;
      coverage.follow(topology(moved, [], { B: 2 }), 4_000);
      time.now = 4_500;
      coverage.nodeDown("A", 4_400);
      coverage.follow(topology(moved, [], { B: 2 }), 4_600);
      expect(gaps[`key:${KEYS.A}`]).toEqual([{ reason: "failover", from: 3_400, to: 4_500 }]);
      expect(gaps[`key:${KEYS.B}`]).toEqual([]);
    });

    it("is a gap even where it was the last slot that the node had", () => {
      const { time, coverage, good, acknowledge, gaps } = guarded();
      const emptied: Owners = { A: [], B: [[0, 10_922]], C: THIRDS["C"] ?? [] };
      coverage.follow(topology(THIRDS, moving(true)), 3_100);
      acknowledge("B");
      good["A"] = 3_400;
      coverage.follow(topology(emptied, [], { B: 2 }), 4_000);
      acknowledge("B");
      time.now = 4_500;
      coverage.nodeDown("A", 4_400);
      coverage.follow(topology(emptied, [], { B: 2 }), 4_600);
      expect(gaps[`key:${KEYS.A}`]).toEqual([{ reason: "failover", from: 3_400, to: 4_500 }]);
      expect(gaps["prefix:x"]?.filter(({ to }) => to > 4_000)).toEqual([]);
    });

    it("is a gap where the other side was heard too late, or was written before it was heard", () => {
      const late = guarded();
      late.coverage.follow(topology(THIRDS, moving(false)), 3_100);
      late.time.now = 3_200;
      late.acknowledge("B");
      late.coverage.follow(topology(THIRDS, moving(false)), 3_300);
      late.good["A"] = 3_150;
      late.time.now = 3_400;
      late.lose("A");
      late.coverage.follow(topology(THIRDS, [], epochs), 4_000);
      expect(late.gaps).toEqual(told({ from: 3_150, to: 3_400 }));

      const unseen = guarded();
      unseen.coverage.follow(topology(THIRDS, moving(false)), 3_100);
      unseen.time.now = 3_200;
      unseen.acknowledge("B");
      unseen.good["A"] = 3_250;
      unseen.time.now = 3_400;
      unseen.lose("A");
      unseen.coverage.follow(topology(THIRDS, [], epochs), 4_000);
      expect(unseen.gaps).toEqual(told({ from: 3_250, to: 3_400 }));
    });

    it("and whose link is lost then is a gap from the slot's loss on", () => {
      const { time, coverage, good, up, acknowledge, gaps, lose } = guarded();
      good["A"] = 3_400;
      time.now = 3_800;
      lose("A");
      good["A"] = 3_900;
      coverage.nodeDown("A", 3_900);
      time.now = 4_500;
      up("A");
      acknowledge("A");
      coverage.follow(topology(THIRDS), 4_600);
      const gap = { reason: "node_lost", to: 4_500 };
      expect(gaps[`key:${KEYS.A}`]).toEqual([{ ...gap, from: 3_400 }]);
      expect(gaps[other]).toEqual([{ ...gap, from: 3_900 }]);
      expect(gaps["prefix:x"]).toEqual([{ ...gap, from: 3_900 }]);
    });

    it("is no gap of keys that a broad feed serves everywhere", () => {
      const { coverage, good, subscribe, acknowledgeAll, gaps, lose } = guarded();
      subscribe("prefix:k");
      acknowledgeAll();
      good["A"] = 3_400;
      lose("A");
      coverage.follow(topology(THIRDS, [], epochs), 4_000);
      expect(Object.values(gaps).flat()).toEqual([]);
    });
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
