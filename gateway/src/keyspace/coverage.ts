import { listOf } from "@keywire/shared";
import { match } from "./feed-index.js";
import type { ParsedNotification } from "./grammar.js";
import { Holdings } from "./holdings.js";
import type { Feed, Need } from "./need.js";
import { NodeFeeds, type NodePort } from "./node-feeds.js";
import { type Has, Outages } from "./outage.js";
import type { FeedPlan, PlanChange } from "./plan.js";
import { couldHear, reachOf, sourcesOf } from "./reach.js";
import { SlotMoves } from "./slot-moves.js";
import type { Topology } from "./topology.js";
import { type Waiter, Waiters } from "./waiters.js";

/** A moment that concerns a node, ms since the Unix epoch; infinite where there is none. */
type Since = (id: string) => number;

/**
 * Who is listened to for what: brings each node's link to hold the feeds the plan wants there, and
 * knows for every need on which nodes it is served. No socket and no timer: links report to it.
 *
 * A node is up (its link can be given subscriptions) or not. A need on a node is served (an
 * acknowledged feed hears of it) or not. What was served and is not, on a node that owns slots, is
 * an outage; it ends, as a gap, once whoever speaks for the slots at that time serves the need.
 */
export class Coverage {
  readonly #now: () => number;
  /** Those that are up. */
  readonly #nodes = new Map<string, NodeFeeds>();
  readonly #holdings: Holdings;
  readonly #outages: Outages;
  readonly #moves: SlotMoves;
  readonly #waiters = new Waiters();
  /** When the present topology was last found true, ms since the Unix epoch. */
  #trueAt = 0;

  constructor(plan: FeedPlan, now: () => number, has: Has = async () => false) {
    this.#now = now;
    this.#holdings = new Holdings(plan, this.#nodes);
    this.#outages = new Outages(has);
    const listening = { nodes: this.#nodes, feeds: () => plan.feeds() };
    this.#moves = new SlotMoves(listening, this.#outages, now);
  }

  // Needs

  /** Follows a change of the plan: subscribes what it added, lets go of what it dropped. */
  apply({ moved, dropped }: PlanChange): void {
    this.#holdings.take(moved);
    for (const need of moved) this.#settle(need);
    for (const feed of dropped) this.#holdings.drop(feed);
  }

  /** Lets go of a need that nobody has any more; the plan has already removed it. */
  remove(need: Need, change: PlanChange): void {
    this.#waiters.forget(need);
    this.#outages.forget(need);
    const feeds = this.#holdings.release(need);
    this.apply(change);
    for (const feed of feeds) this.#holdings.drop(feed);
  }

  /**
   * Tells the waiter, once, when every node that is up and can raise the need's events serves it, or
   * when one refuses. A key is not waited for on nodes that only share its feed.
   *
   * @returns stops waiting
   */
  whenServed(need: Need, waiter: Waiter): () => void {
    if (!this.#isServedWhereRaised(need)) return this.#waiters.add(need, waiter);
    waiter.served();
    return () => {};
  }

  /** Whether any node serves the need. */
  isServedAnywhere(need: Need): boolean {
    return [...this.#nodes.values()].some((node) => node.feedOf(need) !== undefined);
  }

  /** Somebody misses something just now. */
  get hasOutages(): boolean {
    return this.#outages.areOpen;
  }

  /** Counts nodes that should serve the need and do not, or not yet, as lost to it from now on. */
  noteAbsences(need: Need): void {
    need.owedSince ??= this.#now();
    for (const id of reachOf(need.feed, this.topology)) {
      if (this.#isServed(need, id) || !couldHear(need, id, this.topology)) continue;
      const slots = this.topology.slotsOf(id);
      if (slots.length > 0) {
        this.#outages.addNeed({ node: id, slots, reason: "node_lost" }, need, this.#now());
      }
    }
  }

  // Nodes

  nodeUp(id: string, port: NodePort): void {
    const node = new NodeFeeds(id, port, this.#now);
    this.#nodes.set(id, node);
    this.#holdings.fill(node);
  }

  /** The node's link is gone: nothing after `lastGood` can be relied on. */
  nodeDown(id: string, lastGood: number): void {
    this.#lose(id, "node_lost", lastGood);
  }

  acknowledged(id: string, feed: Feed): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    node.acknowledge(feed);
    if (!node.isActive(feed)) return;
    const taken = listOf(feed.needs).filter((need) => node.serve(need, feed));
    // What the slot's owner tells of losing it from here on was behind this place.
    if (taken.length > 0) this.#probeSources(feed, id);
    for (const need of taken) this.#settle(need);
    this.#holdings.dropOn(node, feed);
  }

  /**
   * The node told, in its stream, that it gave a slot away.
   *
   * @param heldSince since when it would have told so, ms since the Unix epoch
   */
  slotLost(id: string, slot: number, heldSince: number): void {
    const node = this.#nodes.get(id);
    if (node !== undefined) this.#moves.lost(node, slot, heldSince, this.#trueAt);
  }

  /** Redis refused: whoever waits for the feed is told, whoever has it elsewhere keeps it there. */
  refused(id: string, feed: Feed, fault: Error): void {
    this.#nodes.get(id)?.forget(feed);
    for (const need of listOf(feed.needs)) this.#waiters.refused(need, fault);
  }

  /** Asks again for what a node should hold and does not. */
  retry(id: string): void {
    const node = this.#nodes.get(id);
    if (node !== undefined) this.#holdings.fill(node);
  }

  /** The needs that a message on the feed is for; `found` is called in the feed's order. */
  route(id: string, feed: Feed, said: ParsedNotification, found: (need: Need) => void): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    match(feed, said, (need) => {
      if (node.feedOf(need) === feed) found(need);
    });
  }

  /** The needs that are served on a node and may hear of something there. */
  servedOn(id: string): Need[] {
    const needs = [...(this.#nodes.get(id)?.needs() ?? [])];
    // A key that a broad feed serves is served wherever that feed is, and raised in one place alone.
    return needs.filter((need) => couldHear(need, id, this.topology));
  }

  /** The nodes that hold a feed, acknowledged. */
  nodesOf(feed: Feed): string[] {
    return [...this.#nodes.values()].filter((node) => node.isActive(feed)).map((node) => node.id);
  }

  // Topology

  get topology(): Topology {
    return this.#holdings.topology;
  }

  /**
   * Follows the slots to their owners.
   *
   * @param asOf a moment at which the new topology was true, before it was asked for
   * @param silentSince since when what a node told that is no primary any more was not passed on, or not
   *   all there was to tell, where that is known
   */
  follow(next: Topology, asOf: number, silentSince: Since = () => Infinity): void {
    const previous = this.topology;
    const lastTrue = this.#trueAt;
    this.#trueAt = asOf;
    const isChanged = next.signature !== previous.signature;
    const isToSettle = isChanged || this.#moves.areLosses;
    if (isChanged) this.#adopt(next, lastTrue, silentSince);
    if (lastTrue > 0) this.#moves.note({ previous, next, lastTrue, asOf });
    for (const need of this.#outages.needs()) this.#settle(need);
    if (!isToSettle) return;
    for (const { needs } of this.#holdings.slotFeeds())
      for (const need of listOf(needs)) this.#settle(need);
    for (const need of this.#waiters.needs()) this.#settle(need);
  }

  #adopt(next: Topology, lastTrue: number, silentSince: Since): void {
    for (const id of this.topology.primaries.keys()) {
      if (next.primaries.has(id)) continue;
      const since = silentSince(id);
      if (this.#nodes.has(id)) this.#lose(id, "failover", Math.min(lastTrue, since));
      else this.#outages.extendAll(id, since);
    }
    this.#holdings.follow(next);
  }

  #lose(id: string, reason: "node_lost" | "failover", from: number): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    this.#nodes.delete(id);
    const slots = this.topology.slotsOf(id);
    const needs = this.#lostWith(node, from, slots.length > 0);
    this.#outages.add({ node: id, slots, reason, needs });
    this.#moves.forget(id);
    this.#holdings.lost(node);
    for (const need of this.#waiters.needs()) this.#settle(need);
  }

  /** The needs that miss what the node does not tell, and since when. */
  #lostWith(node: NodeFeeds, from: number, isOwner: boolean): Map<Need, number> {
    // Its link may have been dead for longer than anybody knew.
    const since = Math.min(from, node.lastGood);
    // A key's own feed is kept where the slot has left until the node has told so: it has not.
    const isLost = (need: Need) =>
      node.feedOf(need)?.slot !== undefined || (isOwner && couldHear(need, node.id, this.topology));
    const lost = [...node.needs()].filter(isLost);
    return new Map(
      lost.map((need) => [need, Math.min(since, this.#moves.lostSince(node.id, need))]),
    );
  }

  /** What the nodes that a feed's slot is coming from have told until now is to be known to have come. */
  #probeSources(feed: Feed, id: string): void {
    for (const from of sourcesOf(feed, id, this.topology)) this.#nodes.get(from)?.probe();
  }

  // Serving

  #isServedWhereUp(need: Need): boolean {
    const nodes = this.#holdings.reached(need.feed);
    return nodes.length > 0 && nodes.every((node) => node.feedOf(need) === need.feed);
  }

  #isServedWhereRaised(need: Need): boolean {
    const reached = this.#holdings.reached(need.feed);
    const nodes = reached.filter(({ id }) => couldHear(need, id, this.topology));
    // Where none of them is up, those that share its feed are all that can be waited for.
    if (nodes.length === 0) return this.#isServedWhereUp(need);
    return nodes.every((node) => node.feedOf(need) === need.feed);
  }

  #settle(need: Need): void {
    if (this.#isServedWhereUp(need)) this.#holdings.releaseElsewhere(need);
    if (this.#isServedWhereRaised(need)) this.#waiters.served(need);
    this.#outages.settle(need, this.topology, this.#isServed, this.#now());
  }

  readonly #isServed = (need: Need, id: string): boolean =>
    this.#nodes.get(id)?.feedOf(need) !== undefined;
}
