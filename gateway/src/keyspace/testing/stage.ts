import { parseChannel, SLOTS, slotOf } from "@keywire/shared";
import type { SlotRange } from "../cluster-nodes.js";
import { Coverage } from "../coverage.js";
import type { Feed } from "../need.js";
import { Need } from "../need.js";
import type { NodePort } from "../node-feeds.js";
import type { Gap } from "../notification.js";
import { FeedPlan } from "../plan.js";
import { type Migration, type Primary, Topology } from "../topology.js";

/** A key of each third of the slots: A's, B's and C's. */
export const KEYS = { A: keyIn(0), B: keyIn(6_000), C: keyIn(12_000) };

export function keyIn(first: number, except?: number): string {
  for (let at = 0; ; at++) {
    const slot = slotOf(Buffer.from(`k${at}`));
    if (slot >= first && slot < first + 4_000 && slot !== except) return `k${at}`;
  }
}

export type Owners = Readonly<Record<string, readonly SlotRange[]>>;

export const THIRDS: Owners = {
  A: [[0, 5_460]],
  B: [[5_461, 10_922]],
  C: [[10_923, SLOTS - 1]],
};

/** The same when B has a slot of A's. */
export function takenByB(slot: number): Owners {
  const { B = [], ...others } = THIRDS;
  const left: SlotRange[] = [
    [0, slot - 1],
    [slot + 1, 5_460],
  ];
  return { ...others, A: left, B: [...B, [slot, slot]] };
}

export function topology(
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
export function setup() {
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
    need.listen({ notification: () => {}, gap: (gap) => told.push(gap) });
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

/** The same, where a key of A, one of B, a prefix and an event are listened to. */
export function running() {
  const it = setup();
  const needs = channels.map((channel) => it.subscribe(channel));
  it.acknowledgeAll();
  return { ...it, needs };
}
