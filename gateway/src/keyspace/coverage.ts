import type { SlotRange } from "./cluster-nodes.js";
import type { Feed, Need } from "./need.js";
import { NodeFeeds, type NodePort } from "./node-feeds.js";
import { type Has, Outages } from "./outage.js";
import type { FeedPlan, PlanChange } from "./plan.js";
import { type NewVoice, newVoices, restless, Topology } from "./topology.js";

/** Somebody who waits for a subscription to be acknowledged. */
export interface Waiter {
  served(): void;
  refused(fault: Error): void;
}

/**
 * Who is listened to for what: brings each node's link to hold the feeds the plan wants there, and
 * knows for every need on which nodes it is served. No socket and no timer: links report to it.
 *
 * A node is up (its link can be given subscriptions) or not. A need on a node is served (an
 * acknowledged feed hears of it) or not. What was served and is not, on a node that owns slots, is
 * an outage; it ends, as a gap, once whoever speaks for the slots at that time serves the need.
 */
export class Coverage {
  readonly #plan: FeedPlan;
  readonly #now: () => number;
  readonly #nodes = new Map<string, NodeFeeds>();
  readonly #outages: Outages;
  readonly #waiting = new Map<Need, Set<Waiter>>();
  #topology = new Topology([], []);
  /** When the present topology was last found true, ms since the Unix epoch. */
  #trueAt = 0;

  constructor(plan: FeedPlan, now: () => number, has: Has = async () => false) {
    this.#plan = plan;
    this.#now = now;
    this.#outages = new Outages(has);
  }

  // Needs

  /** Follows a change of the plan: subscribes what it added, lets go of what it dropped. */
  apply({ moved, dropped }: PlanChange): void {
    const feeds = new Set<Feed>();
    for (const need of moved) {
      const feed = need.feed;
      if (feed === undefined) continue;
      index(need, feed);
      feeds.add(feed);
      for (const node of this.#nodes.values()) node.take(need, feed);
    }
    for (const feed of feeds) this.#request(feed);
    for (const need of moved) this.#settle(need);
    for (const feed of dropped) this.#dropEverywhere(feed);
  }

  /** Lets go of a need that nobody has any more; the plan has already removed it. */
  remove(need: Need, change: PlanChange): void {
    this.#waiting.delete(need);
    this.#outages.forget(need);
    const feeds = [...need.indexed];
    for (const node of this.#nodes.values()) node.release(need);
    this.#unindex(need);
    this.apply(change);
    for (const feed of feeds) this.#dropEverywhere(feed);
  }

  /**
   * Tells the waiter, once, when every node that is up and can raise the need's events serves it, or
   * when one refuses. A key is not waited for on nodes that only share its feed.
   *
   * @returns stops waiting
   */
  whenServed(need: Need, waiter: Waiter): () => void {
    if (this.#isServedWhereRaised(need)) {
      waiter.served();
      return () => {};
    }
    const waiters = this.#waiting.get(need) ?? new Set();
    this.#waiting.set(need, waiters.add(waiter));
    return () => {
      waiters.delete(waiter);
      if (waiters.size === 0 && this.#waiting.get(need) === waiters) this.#waiting.delete(need);
    };
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
    for (const id of this.#wanting(need.feed)) {
      if (this.#nodes.get(id)?.feedOf(need) !== undefined || !this.#couldHear(need, id)) continue;
      const slots = this.#topology.slotsOf(id);
      if (slots.length > 0) {
        this.#outages.addNeed({ node: id, slots, reason: "node_lost" }, need, this.#now());
      }
    }
  }

  // Nodes

  nodeUp(id: string, port: NodePort): void {
    const node = new NodeFeeds(id, port, this.#now);
    this.#nodes.set(id, node);
    for (const feed of this.#plan.feeds()) if (this.#wants(feed, id)) node.request(feed);
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
    const taken = [...feed.needs].filter((need) => node.serve(need, feed));
    for (const need of taken) this.#settle(need);
    this.#dropUnwanted(node, feed);
  }

  /** Redis refused: whoever waits for the feed is told, whoever has it elsewhere keeps it there. */
  refused(id: string, feed: Feed, fault: Error): void {
    this.#nodes.get(id)?.forget(feed);
    for (const need of feed.needs) {
      for (const waiter of [...(this.#waiting.get(need) ?? [])]) waiter.refused(fault);
    }
  }

  /** Asks again for what a node should hold and does not. */
  retry(id: string): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    for (const feed of this.#plan.feeds()) if (this.#wants(feed, id)) node.request(feed);
  }

  /** The needs that a message on the feed is for; `found` is called in the feed's order. */
  route(
    id: string,
    feed: Feed,
    db: number,
    key: Buffer,
    event: string,
    found: (need: Need) => void,
  ): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    feed.index.match(db, key, event, (need) => {
      if (node.feedOf(need) === feed) found(need);
    });
  }

  /** The needs that are served on a node and may hear of something there. */
  servedOn(id: string): Need[] {
    const needs = [...(this.#nodes.get(id)?.needs() ?? [])];
    // A key that a broad feed serves is served wherever that feed is, and raised in one place alone.
    return needs.filter((need) => this.#couldHear(need, id));
  }

  /** The nodes that hold a feed, acknowledged. */
  nodesOf(feed: Feed): string[] {
    return [...this.#nodes.values()].filter((node) => node.isActive(feed)).map((node) => node.id);
  }

  // Topology

  /**
   * Follows the slots to their owners.
   *
   * @param asOf a moment at which the new topology was true, before it was asked for
   * @param heldSince since when what a node told was not passed on, where it was not
   */
  follow(next: Topology, asOf: number, heldSince: (id: string) => number = () => Infinity): void {
    const previous = this.#topology;
    const lastTrue = this.#trueAt;
    this.#trueAt = asOf;
    if (next.signature === previous.signature) return;
    for (const id of this.#nodes.keys()) {
      if (!next.primaries.has(id)) this.#lose(id, "failover", Math.min(lastTrue, heldSince(id)));
    }
    this.#topology = next;
    for (const feed of this.#slotFeeds()) this.#request(feed);
    if (lastTrue > 0) {
      for (const voice of newVoices(previous, next)) this.#noteVoice(voice, previous, lastTrue);
      for (const id of restless(previous, next)) this.#noteReturns(id, lastTrue);
    }
    for (const need of this.#outages.needs()) this.#settle(need);
    for (const feed of this.#slotFeeds()) for (const need of feed.needs) this.#settle(need);
    for (const need of [...this.#waiting.keys()]) this.#settle(need);
  }

  get topology(): Topology {
    return this.#topology;
  }

  *#slotFeeds(): IterableIterator<Feed> {
    for (const feed of this.#plan.feeds()) if (feed.slot !== undefined) yield feed;
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
      const since = this.#nodes.get(node)?.servedSince(need);
      if (since === undefined) unheard.set(need, from);
      // Who listens to all that a node tells has been told of each time it did not.
      else if (since > from && !(need.slot === undefined && previous.primaries.has(node))) {
        this.#outages.tell(need, { reason: "slot_moved", from, to: since }, keeper);
      }
    }
    this.#outages.add({ node, slots, reason: "slot_moved", needs: unheard, keeper });
  }

  /** Slots went from a node and came back, nobody knows which: what is listened to there alone. */
  #noteReturns(id: string, lastTrue: number): void {
    const to = this.#now();
    for (const feed of this.#slotFeeds()) {
      if (feed.slot === undefined || this.#topology.ownerOf(feed.slot) !== id) continue;
      for (const need of feed.needs) {
        const from = Math.max(lastTrue, need.owedSince ?? 0);
        if (this.#isServed(need, id)) need.tellGap({ reason: "slot_moved", from, to });
      }
    }
  }

  /** The needs that events of keys in these slots may concern. */
  #needsIn(slots: readonly SlotRange[]): Need[] {
    const concerned = ({ slot }: Need) =>
      slot === undefined || slots.some(([first, last]) => slot >= first && slot <= last);
    return [...this.#plan.feeds()].flatMap(({ needs }) => [...needs].filter(concerned));
  }

  #lose(id: string, reason: "node_lost" | "failover", from: number): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    this.#nodes.delete(id);
    const slots = this.#topology.slotsOf(id);
    // Its link may have been dead for longer than anybody knew.
    const since = Math.min(from, node.lastGood);
    const lost = [...node.needs()].filter((need) => this.#couldHear(need, id));
    if (slots.length > 0) {
      this.#outages.add({
        node: id,
        slots,
        reason,
        needs: new Map(lost.map((need) => [need, since])),
      });
    }
    for (const need of node.needs()) this.#cleanIndex(need);
    for (const feed of node.feeds()) this.#forgetIfUnheld(feed);
    for (const need of [...this.#waiting.keys()]) this.#settle(need);
  }

  /** Whether a node can raise events that the need is about. */
  #couldHear(need: Need, id: string): boolean {
    return need.slot === undefined || this.#sidesOf(need.slot).includes(id);
  }

  // Holding

  #wants(feed: Feed, id: string): boolean {
    return this.#plan.has(feed) && this.#wanting(feed).includes(id);
  }

  /** The primaries on which the feed's events can be raised. */
  #wanting(feed: Feed | undefined): string[] {
    if (feed === undefined) return [];
    return feed.slot === undefined
      ? [...this.#topology.primaries.keys()]
      : this.#sidesOf(feed.slot);
  }

  /** The owner of a slot and, while it moves, the node it goes to. */
  #sidesOf(slot: number): string[] {
    const sides = new Set<string>();
    const owner = this.#topology.ownerOf(slot);
    if (owner !== undefined) sides.add(owner);
    for (const migration of this.#topology.migrations) {
      if (migration.slot === slot) sides.add(migration.from).add(migration.to);
    }
    return [...sides].filter((id) => this.#topology.primaries.has(id));
  }

  #request(feed: Feed): void {
    for (const id of this.#wanting(feed)) this.#nodes.get(id)?.request(feed);
  }

  #isServedWhereUp(need: Need): boolean {
    const feed = need.feed;
    const nodes = this.#wanting(feed).flatMap((id) => this.#nodes.get(id) ?? []);
    return nodes.length > 0 && nodes.every((node) => node.feedOf(need) === feed);
  }

  #isServedWhereRaised(need: Need): boolean {
    const feed = need.feed;
    const ids = this.#wanting(feed).filter((id) => this.#couldHear(need, id));
    const nodes = ids.flatMap((id) => this.#nodes.get(id) ?? []);
    // Where none of them is up, those that share its feed are all that can be waited for.
    if (nodes.length === 0) return this.#isServedWhereUp(need);
    return nodes.every((node) => node.feedOf(need) === feed);
  }

  #settle(need: Need): void {
    if (this.#isServedWhereUp(need)) this.#releaseElsewhere(need);
    if (this.#isServedWhereRaised(need)) {
      const waiters = this.#waiting.get(need) ?? [];
      this.#waiting.delete(need);
      for (const { served } of waiters) served();
    }
    this.#outages.settle(need, this.#topology, this.#isServed, this.#now());
  }

  readonly #isServed = (need: Need, id: string): boolean =>
    this.#nodes.get(id)?.feedOf(need) !== undefined;

  /** Break after make: where the need's own feed is not wanted, the old one has done its duty. */
  #releaseElsewhere(need: Need): void {
    const wanting = this.#wanting(need.feed);
    const freed = new Set<Feed>();
    for (const node of this.#nodes.values()) {
      const feed = node.feedOf(need);
      if (feed === undefined || wanting.includes(node.id)) continue;
      node.release(need);
      freed.add(feed);
    }
    this.#cleanIndex(need, freed);
    for (const feed of freed) this.#dropEverywhere(feed);
  }

  /** Takes the need out of the index of feeds that serve it nowhere any more. */
  #cleanIndex(need: Need, freed = new Set<Feed>()): void {
    for (const feed of need.indexed) {
      if (feed === need.feed || this.#servesAnywhere(feed, need)) continue;
      unindex(need, feed);
      freed.add(feed);
    }
    for (const feed of freed) this.#dropEverywhere(feed);
  }

  #unindex(need: Need): void {
    for (const feed of [...need.indexed]) unindex(need, feed);
  }

  #servesAnywhere(feed: Feed, need: Need): boolean {
    for (const node of this.#nodes.values()) if (node.feedOf(need) === feed) return true;
    return false;
  }

  #dropEverywhere(feed: Feed): void {
    for (const node of this.#nodes.values()) this.#dropUnwanted(node, feed);
    this.#forgetIfUnheld(feed);
  }

  #dropUnwanted(node: NodeFeeds, feed: Feed): void {
    if (!this.#wants(feed, node.id) && node.drop(feed)) this.#forgetIfUnheld(feed);
  }

  #forgetIfUnheld(feed: Feed): void {
    for (const node of this.#nodes.values()) if (node.holds(feed)) return;
    this.#plan.forget(feed);
  }
}

function index(need: Need, feed: Feed): void {
  if (need.indexed.has(feed)) return;
  need.indexed.add(feed);
  feed.index.add(need);
}

function unindex(need: Need, feed: Feed): void {
  need.indexed.delete(feed);
  feed.index.remove(need);
}
