import { SLOTS, slotOf } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { keyEvent } from "./grammar.js";
import type { Feed } from "./need.js";
import type { Gap } from "./notification.js";
import {
  KEYS,
  keyIn,
  type Owners,
  running,
  setup,
  THIRDS,
  takenByB,
  topology,
} from "./testing/stage.js";
import type { Migration } from "./topology.js";

describe("a slot on its way", () => {
  const slot = slotOf(Buffer.from(KEYS.A));
  const moving = (isAsking: boolean): Migration[] => [{ slot, from: "A", to: "B", isAsking }];
  const gone = takenByB(slot);
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
  const moved = takenByB(slot);
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
      const said = keyEvent({ db: 0, key, latin1: KEYS.A, isPlain: true }, event);
      if (feed) coverage.route(id, feed, said, () => heard.push(`${event} on ${id}`));
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
