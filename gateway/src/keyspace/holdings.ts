import { isAmong, listOf, withOne, withoutOne } from "@keywire/shared";
import { enlist, strike } from "./feed-index.js";
import type { Feed, Need } from "./need.js";
import type { NodeFeeds } from "./node-feeds.js";
import type { FeedPlan } from "./plan.js";
import { reachOf } from "./reach.js";
import { Topology } from "./topology.js";

/**
 * What the nodes' links are to hold: the feeds of the plan, each wherever its events can be raised.
 * A feed that is not wanted any more is held for as long as it serves somebody, and the index of a
 * feed has the needs that it serves anywhere.
 */
export class Holdings {
  readonly #plan: FeedPlan;
  /** The nodes that are up. */
  readonly #nodes: ReadonlyMap<string, NodeFeeds>;
  #topology = new Topology([], []);

  constructor(plan: FeedPlan, nodes: ReadonlyMap<string, NodeFeeds>) {
    this.#plan = plan;
    this.#nodes = nodes;
  }

  get topology(): Topology {
    return this.#topology;
  }

  /** Subscribes feeds of slots where these are now; where they were, feeds stay for the time being. */
  follow(topology: Topology): void {
    this.#topology = topology;
    for (const feed of this.slotFeeds()) this.#request(feed);
  }

  /** The feeds that only the owner of a slot can raise events of. */
  *slotFeeds(): IterableIterator<Feed> {
    for (const feed of this.#plan.feeds()) if (feed.slot !== undefined) yield feed;
  }

  /** Of the nodes on which the feed's events can be raised, those that are up. */
  reached(feed: Feed | undefined): NodeFeeds[] {
    return reachOf(feed, this.#topology).flatMap((id) => this.#nodes.get(id) ?? []);
  }

  /** Subscribes on the node what it should hold and does not, and has it serve what it should. */
  fill(node: NodeFeeds): void {
    for (const feed of this.#plan.feeds()) {
      if (!this.#wants(feed, node.id)) continue;
      node.request(feed);
      for (const need of listOf(feed.needs)) node.take(need, feed);
    }
  }

  /** Has needs served by the feeds that the plan gave them. */
  take(needs: Iterable<Need>): void {
    const feeds = new Set<Feed>();
    for (const need of needs) {
      const feed = need.feed;
      if (feed === undefined) continue;
      index(need, feed);
      feeds.add(feed);
      for (const node of this.#nodes.values()) node.take(need, feed);
    }
    for (const feed of feeds) this.#request(feed);
  }

  /**
   * Serves the need no longer, anywhere.
   *
   * @returns the feeds that served it or were to serve it
   */
  release(need: Need): Feed[] {
    const feeds = listOf(need.indexed);
    for (const node of this.#nodes.values()) node.release(need);
    for (const feed of feeds) unindex(need, feed);
    return feeds;
  }

  /** Break after make: where the need's own feed is not wanted, the old one has done its duty. */
  releaseElsewhere(need: Need): void {
    const wanted = reachOf(need.feed, this.#topology);
    const freed = new Set<Feed>();
    for (const node of this.#nodes.values()) {
      const feed = node.feedOf(need);
      if (feed === undefined || wanted.includes(node.id)) continue;
      // It would have told that it lost the slot: what it told before that is still on its way.
      if (need.slot !== undefined && node.guardedSince(need.slot) !== undefined) continue;
      node.release(need);
      freed.add(feed);
    }
    this.#cleanIndex(need, freed);
  }

  /** Forgets what a node held that is not up any more. */
  lost(node: NodeFeeds): void {
    for (const need of node.needs()) this.#cleanIndex(need);
    for (const feed of node.feeds()) this.#forgetIfUnheld(feed);
  }

  /** Unsubscribes the feed wherever it serves nobody and is not wanted. */
  drop(feed: Feed): void {
    for (const node of this.#nodes.values()) this.dropOn(node, feed);
    this.#forgetIfUnheld(feed);
  }

  /** The same on one node. */
  dropOn(node: NodeFeeds, feed: Feed): void {
    if (!this.#wants(feed, node.id) && node.drop(feed)) this.#forgetIfUnheld(feed);
  }

  #wants(feed: Feed, id: string): boolean {
    return this.#plan.has(feed) && reachOf(feed, this.#topology).includes(id);
  }

  #request(feed: Feed): void {
    for (const node of this.reached(feed)) node.request(feed);
  }

  /** Takes the need out of the index of feeds that serve it nowhere any more. */
  #cleanIndex(need: Need, freed = new Set<Feed>()): void {
    for (const feed of listOf(need.indexed)) {
      if (feed === need.feed || this.#servesAnywhere(feed, need)) continue;
      unindex(need, feed);
      freed.add(feed);
    }
    for (const feed of freed) this.drop(feed);
  }

  #servesAnywhere(feed: Feed, need: Need): boolean {
    for (const node of this.#nodes.values()) if (node.feedOf(need) === feed) return true;
    return false;
  }

  #forgetIfUnheld(feed: Feed): void {
    for (const node of this.#nodes.values()) if (node.holds(feed)) return;
    this.#plan.forget(feed);
  }
}

function index(need: Need, feed: Feed): void {
  if (isAmong(need.indexed, feed)) return;
  need.indexed = withOne(need.indexed, feed);
  enlist(feed, need);
}

function unindex(need: Need, feed: Feed): void {
  need.indexed = withoutOne(need.indexed, feed);
  strike(feed, need);
}
