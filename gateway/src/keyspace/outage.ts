import type { GapReason } from "@keywire/shared";
import type { SlotRange } from "./cluster-nodes.js";
import type { Need } from "./need.js";
import type { Gap } from "./notification.js";
import type { Topology } from "./topology.js";

/** A stretch in which nobody listened to some slots, for the needs that would have heard of them. */
export interface Outage {
  /** The node that was listened to. */
  readonly node: string;
  readonly slots: readonly SlotRange[];
  readonly reason: GapReason;
  /** The needs it concerns, and since when they may have missed events. */
  readonly needs: Map<Need, number>;
  /** Who had the keys meanwhile: where it still has one, nobody else was asked for that. */
  readonly keeper?: string | undefined;
}

/** Asks whether a node has the key that a need is about. */
export type Has = (node: string, need: Need) => Promise<boolean>;

/** Asks whether a need is served on a node. */
export type IsServed = (need: Need, node: string) => boolean;

/**
 * The open outages: each need's ends, as a gap, when every primary that can raise events of the
 * slots serves it again.
 */
export class Outages {
  readonly #open = new Set<Outage>();
  readonly #has: Has;

  constructor(has: Has) {
    this.#has = has;
  }

  get areOpen(): boolean {
    return this.#open.size > 0;
  }

  add(outage: Outage): void {
    if (outage.needs.size > 0) this.#open.add(outage);
  }

  /** Begins an outage for one need more, unless one of the same node already counts it. */
  addNeed(outage: Omit<Outage, "needs">, need: Need, from: number): void {
    for (const open of this.#open) {
      // One of moved slots is about these alone, and may be over while the node is still away.
      if (open.node !== outage.node || open.reason === "slot_moved") continue;
      if (!open.needs.has(need)) open.needs.set(need, from);
      return;
    }
    this.#open.add({ ...outage, needs: new Map([[need, from]]) });
  }

  /**
   * Lets an open outage of the node that counts the need begin no later than `from`.
   *
   * @returns whether there is one
   */
  extend(node: string, need: Need, from: number): boolean {
    for (const { node: lost, needs } of this.#open) {
      const since = needs.get(need);
      if (lost !== node || since === undefined) continue;
      needs.set(need, Math.min(since, from));
      return true;
    }
    return false;
  }

  /** Lets all open outages of the node begin no later than `from`. */
  extendAll(node: string, from: number): void {
    for (const { node: lost, needs } of this.#open) {
      if (lost !== node) continue;
      for (const [need, since] of needs) needs.set(need, Math.min(since, from));
    }
  }

  /** The needs that wait for an outage to end. */
  needs(): Set<Need> {
    return new Set([...this.#open].flatMap((outage) => [...outage.needs.keys()]));
  }

  forget(need: Need): void {
    for (const outage of this.#open) this.#close(outage, need);
  }

  /** Tells the need of every outage that is over for it. */
  settle(need: Need, topology: Topology, isServed: IsServed, now: number): void {
    for (const outage of this.#open) {
      const from = outage.needs.get(need);
      if (from === undefined) continue;
      const speakers =
        need.slot === undefined ? speakersOf(outage, topology) : topology.speakersOf(need.slot);
      if (!speakers.every((id) => id !== undefined && isServed(need, id))) continue;
      this.#close(outage, need);
      this.tell(need, gapOf(outage, speakers, from, now), outage.keeper);
    }
  }

  /** Tells the need of a gap, unless the keeper has the key still. */
  tell(need: Need, gap: Gap, keeper: string | undefined): void {
    if (keeper === undefined) {
      need.tellGap(gap);
      return;
    }
    this.#has(keeper, need).then(
      (has) => (has ? undefined : need.tellGap(gap)),
      () => need.tellGap(gap),
    );
  }

  #close(outage: Outage, need: Need): void {
    outage.needs.delete(need);
    if (outage.needs.size === 0) this.#open.delete(outage);
  }
}

/** A node that was lost and replaced was failed over; one that came back was not. */
function gapOf(
  outage: Outage,
  speakers: readonly (string | undefined)[],
  from: number,
  to: number,
): Gap {
  const replaced = outage.reason === "node_lost" && !speakers.includes(outage.node);
  return { reason: replaced ? "failover" : outage.reason, from, to };
}

const cache = new WeakMap<
  Outage,
  { readonly topology: Topology; readonly speakers: (string | undefined)[] }
>();

/** Who speaks for the slots now; asked for every need of an outage, so worked out once per topology. */
function speakersOf(outage: Outage, topology: Topology): (string | undefined)[] {
  const known = cache.get(outage);
  if (known?.topology === topology) return known.speakers;
  const found = new Set<string | undefined>();
  for (const [first, last] of outage.slots) {
    for (let slot = first; slot <= last; slot++) {
      for (const id of topology.speakersOf(slot)) found.add(id);
    }
  }
  const speakers = [...found];
  cache.set(outage, { topology, speakers });
  return speakers;
}
