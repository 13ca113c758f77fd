import { listOf } from "@keywire/shared";
import type { SlotRange } from "./cluster-nodes.js";
import { isIn } from "./guard-channel.js";
import type { Feed, Need } from "./need.js";
import type { NodeFeeds } from "./node-feeds.js";
import type { Outages } from "./outage.js";
import { type Migration, type NewVoice, newVoices, restless, type Topology } from "./topology.js";

/** A node told that it gave a slot away. */
interface Loss {
  /** When that was read, ms since the Unix epoch. */
  readonly at: number;
  /** The last moment at which it had the slot for certain, ms since the Unix epoch. */
  readonly from: number;
}

/** What is listened to just now: read, not changed. */
export interface Listening {
  readonly nodes: ReadonlyMap<string, NodeFeeds>;
  feeds(): Iterable<Feed>;
}

/** Two looks at the topology, and when each was true, ms since the Unix epoch. */
export interface Looks {
  readonly previous: Topology;
  readonly next: Topology;
  readonly lastTrue: number;
  readonly asOf: number;
}

/**
 * What needs may have missed because slots went from one node to another. Two looks at the topology
 * show the slots that changed owner between them. Of one that came back meanwhile the node itself
 * tells, where it has a guard; where it has none the epochs show no more than which nodes took part.
 */
export class SlotMoves {
  readonly #listening: Listening;
  readonly #outages: Outages;
  readonly #now: () => number;
  /** By node and slot: what is not accounted for yet. */
  readonly #losses = new Map<string, Map<number, Loss>>();

  constructor(listening: Listening, outages: Outages, now: () => number) {
    this.#listening = listening;
    this.#outages = outages;
    this.#now = now;
  }

  /**
   * A node told, in its stream, that it gave a slot away.
   *
   * @param heldSince since when it would have told so
   * @param lastTrue when the topology was last found true
   */
  lost(node: NodeFeeds, slot: number, heldSince: number, lastTrue: number): void {
    const losses = this.#losses.get(node.id) ?? new Map<number, Loss>();
    this.#losses.set(node.id, losses);
    if (losses.has(slot)) return;
    const good = Math.min(node.lastGood, this.#now());
    // Before the guard stood, the slot may have gone and come back already.
    const from = heldSince <= lastTrue ? good : Math.min(good, lastTrue);
    losses.set(slot, { at: this.#now(), from });
  }

  /** Some node told of a loss that is not accounted for yet. */
  get areLosses(): boolean {
    return this.#losses.size > 0;
  }

  /** Since when a need has missed what happened on other nodes, where this one told of a loss. */
  lostSince(node: string, { slot }: Need): number {
    const loss = slot === undefined ? undefined : this.#losses.get(node)?.get(slot);
    return loss?.from ?? Number.POSITIVE_INFINITY;
  }

  /** The node's losses are accounted for: it is not listened to any more. */
  forget(node: string): void {
    this.#losses.delete(node);
  }

  /** What two looks show, and what nodes told between them. */
  note({ previous, next, lastTrue, asOf }: Looks): void {
    const returned = this.#takeReturned(next, asOf);
    if (returned.size > 0) this.#noteReturns(returned, previous, lastTrue);
    if (next.signature !== previous.signature) {
      for (const voice of newVoices(previous, next)) this.#noteVoice(voice, previous, lastTrue);
      for (const id of restless(previous, next)) {
        this.#noteUnguarded(id, next, lastTrue, returned.get(id));
      }
    }
    this.#dropMoved(next);
  }

  /** The losses of slots that are back where they were; a look says nothing of what is lost later. */
  #takeReturned(next: Topology, asOf: number): Map<string, Map<number, Loss>> {
    const found = new Map<string, Map<number, Loss>>();
    for (const [id, losses] of this.#losses) {
      const isBack = ([slot, { at }]: [number, Loss]) => at <= asOf && next.ownerOf(slot) === id;
      const returned = new Map([...losses].filter(isBack));
      if (returned.size > 0) found.set(id, returned);
      for (const slot of returned.keys()) losses.delete(slot);
      if (losses.size === 0) this.#losses.delete(id);
    }
    return found;
  }

  /** An outage for whoever was not served, all the while, where the slot can have been. */
  #noteReturns(
    returned: ReadonlyMap<string, ReadonlyMap<number, Loss>>,
    previous: Topology,
    lastTrue: number,
  ): void {
    for (const [id, losses] of returned) {
      const slots = [...losses.keys()].map((slot): SlotRange => [slot, slot]);
      const needs = new Map<Need, number>();
      for (const need of this.#needs()) {
        const loss = need.slot === undefined ? undefined : losses.get(need.slot);
        if (loss === undefined) continue;
        const from = Math.max(loss.from, need.owedSince ?? 0);
        if (!this.#wasHeard(need, id, from, previous, lastTrue)) needs.set(need, from);
      }
      this.#outages.add({ node: id, slots, reason: "slot_moved", needs });
    }
  }

  #wasHeard(need: Need, left: string, from: number, seen: Topology, lastTrue: number): boolean {
    const wasServed = (id: string, by: number) => {
      const since = this.#listening.nodes.get(id)?.servedSince(need);
      return since !== undefined && since <= by;
    };
    const moves = seen.migrations.filter((move) => move.slot === need.slot && move.from === left);
    // What was written on a target that nobody was sent to at that look may have been before it was heard.
    const wasMoveHeard = ({ to, isAsking }: Migration) =>
      wasServed(to, isAsking ? from : Math.min(from, lastTrue));
    if (moves.length > 0) return moves.every(wasMoveHeard);
    return [...seen.primaries.keys()].every((id) => wasServed(id, from));
  }

  /** Losses of slots that others own now, which two looks have shown. */
  #dropMoved(topology: Topology): void {
    for (const [id, losses] of this.#losses) {
      for (const slot of losses.keys()) {
        const owner = topology.ownerOf(slot);
        if (owner !== undefined && owner !== id) losses.delete(slot);
      }
      if (losses.size === 0) this.#losses.delete(id);
    }
  }

  /**
   * What a node told of slots since the last look, at which it could not speak of them yet, was not
   * heard until it served the need, unless the outage of their old owner counts that already.
   */
  #noteVoice({ before, node, role, slots }: NewVoice, previous: Topology, lastTrue: number): void {
    const keeper = role === "target" ? before : undefined;
    const unheard = new Map<Need, number>();
    for (const need of this.#needsIn(slots)) {
      const from = Math.max(lastTrue, need.owedSince ?? 0);
      if (before !== undefined && this.#outages.extend(before, need, from)) continue;
      const since = this.#listening.nodes.get(node)?.servedSince(need);
      if (since === undefined) unheard.set(need, from);
      // Who listens to all that a node tells has been told of each time it did not.
      else if (since > from && !(need.slot === undefined && previous.primaries.has(node))) {
        this.#outages.tell(need, { reason: "slot_moved", from, to: since }, keeper);
      }
    }
    this.#outages.add({ node, slots, reason: "slot_moved", needs: unheard, keeper });
  }

  /**
   * Slots went from a node and came back, nobody knows which: any but those that it told of, and those
   * of which it would have told.
   */
  #noteUnguarded(
    id: string,
    topology: Topology,
    lastTrue: number,
    returned: ReadonlyMap<number, Loss> | undefined,
  ): void {
    const node = this.#listening.nodes.get(id);
    if (node === undefined) return;
    for (const feed of this.#listening.feeds()) {
      const { slot } = feed;
      if (slot === undefined || topology.ownerOf(slot) !== id) continue;
      // One that is told of but now is accounted for at the next look.
      const isTold = returned?.has(slot) || this.#losses.get(id)?.has(slot);
      if (!isTold) this.#noteUnguardedFeed(feed, node, lastTrue, node.guardedSince(slot));
    }
  }

  #noteUnguardedFeed(feed: Feed, node: NodeFeeds, lastTrue: number, guarded = Infinity): void {
    const to = this.#now();
    for (const need of listOf(feed.needs)) {
      const served = node.servedSince(need);
      const from = Math.max(lastTrue, need.owedSince ?? 0);
      // Before it was served here, what it missed is told as another gap.
      if (served === undefined || guarded <= Math.max(from, served)) continue;
      if (!this.#outages.extend(node.id, need, from)) {
        need.tellGap({ reason: "slot_moved", from, to });
      }
    }
  }

  /** The needs that events of keys in these slots may concern. */
  *#needsIn(slots: readonly SlotRange[]): IterableIterator<Need> {
    for (const need of this.#needs()) {
      if (need.slot === undefined || isIn(slots, need.slot)) yield need;
    }
  }

  *#needs(): IterableIterator<Need> {
    for (const { needs } of this.#listening.feeds()) yield* listOf(needs);
  }
}
