import {
  type Database,
  type Glob,
  intersects,
  listOf,
  prefixGlob,
  withOne,
  withoutOne,
} from "@keywire/shared";
import { feedName, firehoseFeed, ownFeed, patternFeed, serves } from "./feed.js";
import type { Feed, Need } from "./need.js";

/** Distinct patterns a node is given before they are folded: each costs Redis 25 ns per event. */
export const DEFAULT_PATTERN_BUDGET = 8;

/** What a change of needs did to the plan. */
export interface PlanChange {
  /** Needs whose feed is another one now, the added one included. */
  readonly moved: ReadonlySet<Need>;
  /** Feeds that are no longer planned: they go once nobody is served by them any more. */
  readonly dropped: ReadonlySet<Feed>;
}

/**
 * Which feeds serve which needs: a small cover. A need that a feed in place covers costs no
 * subscription; a feed that covers others replaces them; past the budget patterns are folded into
 * broader ones, in the end into one firehose. Patterns that overlap are joined too, so Redis sends each
 * event of a key once; on top of that it sends those of a feed of one event (`__keyevent@…`). Every need
 * is served by exactly one feed, so that what arrives on several still reaches it once.
 */
export class FeedPlan {
  readonly #budget: number;
  readonly #exact = new Map<string, Feed>();
  readonly #patterns = new Map<string, Feed>();
  /** Feeds that are planned, or dropped but still held on some node: one object per channel. */
  readonly #known = new Map<string, Feed>();
  #moved = new Set<Need>();
  #dropped = new Set<Feed>();

  constructor(budget = DEFAULT_PATTERN_BUDGET) {
    this.#budget = Math.max(1, budget);
  }

  *feeds(): IterableIterator<Feed> {
    yield* this.#exact.values();
    yield* this.#patterns.values();
  }

  /** Tells the plan that no node holds a dropped feed any more. */
  forget(feed: Feed): void {
    if (!this.has(feed)) this.#known.delete(feedId(feed));
  }

  has(feed: Feed): boolean {
    return this.#mapOf(feed).get(feedName(feed)) === feed;
  }

  add(need: Need): PlanChange {
    this.#place(need);
    return this.#takeChange();
  }

  remove(need: Need): PlanChange {
    const feed = need.feed;
    if (feed !== undefined) {
      this.#release(need, feed);
      if (isTooBroad(feed, this.#budget)) this.#narrow(feed);
    }
    return this.#takeChange();
  }

  #place(need: Need): void {
    const covering = [...this.#patterns.values()].find((feed) => serves(feed, need));
    const feed = covering ?? this.#plan(ownFeed(need));
    this.#assign(need, feed);
    if (covering === undefined && feed.kind === "psubscribe") {
      this.#absorbInto(feed);
      this.#fold(feed);
    }
  }

  /** Puts a feed into the plan: the one of that channel that is known already, where there is one. */
  #plan(candidate: Feed): Feed {
    const feed = this.#known.get(feedId(candidate)) ?? candidate;
    this.#known.set(feedId(feed), feed);
    this.#mapOf(feed).set(feedName(feed), feed);
    this.#dropped.delete(feed);
    return feed;
  }

  #assign(need: Need, feed: Feed): void {
    const previous = need.feed;
    if (previous === feed) return;
    if (previous !== undefined) this.#release(need, previous);
    need.feed = feed;
    feed.needs = withOne(feed.needs, need);
    count(feed, need, 1);
    this.#moved.add(need);
  }

  #release(need: Need, feed: Feed): void {
    feed.needs = withoutOne(feed.needs, need);
    count(feed, need, -1);
    need.feed = undefined;
    this.#moved.delete(need);
    if (feed.needs === undefined) this.#drop(feed);
  }

  #drop(feed: Feed): void {
    this.#mapOf(feed).delete(feedName(feed));
    this.#dropped.add(feed);
  }

  /** Hands all needs that the feed covers over to it. */
  #absorbInto(feed: Feed): void {
    for (const other of [...this.feeds()]) {
      if (other === feed || !mayAbsorb(feed, other)) continue;
      for (const need of listOf(other.needs)) if (serves(feed, need)) this.#assign(need, feed);
    }
  }

  /**
   * Joins the newest pattern with those that hear of some of the same keys, lest Redis send those events
   * twice, and, until the budget holds, the two patterns with the most in common.
   */
  #fold(added: Feed): void {
    let newest = added;
    for (;;) {
      const patterns = [...this.#patterns.values()];
      const other = patterns.find((feed) => feed !== newest && overlap(feed, newest));
      if (other !== undefined) newest = this.#plan(join(newest, other));
      else if (patterns.length > this.#budget) newest = this.#plan(closestJoin(patterns));
      else return;
      this.#absorbInto(newest);
    }
  }

  /** Places a feed's needs anew, as if they had just come. */
  #narrow(feed: Feed): void {
    const needs = listOf(feed.needs);
    for (const need of needs) this.#release(need, feed);
    for (const need of needs.sort((a, b) => breadth(a) - breadth(b))) this.#place(need);
  }

  #mapOf(feed: Feed): Map<string, Feed> {
    return feed.kind === "subscribe" ? this.#exact : this.#patterns;
  }

  #takeChange(): PlanChange {
    const change = { moved: this.#moved, dropped: this.#dropped };
    this.#moved = new Set();
    this.#dropped = new Set();
    return change;
  }
}

function feedId(feed: Feed): string {
  return `${feed.kind} ${feedName(feed)}`;
}

/** Cheap to ask before asking each need: can the broader feed cover any need of the other? */
function mayAbsorb(broad: Feed, other: Feed): boolean {
  if (broad.glob === undefined) return false;
  if (broad.db !== "*" && broad.db !== other.db) return false;
  if (other.glob === undefined) return broad.glob.isPrefix && broad.glob.prefix.length === 0;
  return other.kind === "psubscribe" || broad.glob.matches(other.glob.prefix);
}

/**
 * Whether narrower feeds would serve the remaining needs: nobody needs all that the feed hears of,
 * and the needs are few enough. Half the budget, lest a need that comes and goes folds and unfolds.
 */
function isTooBroad(feed: Feed, budget: number): boolean {
  if (feed.kind === "subscribe" || feed.needs === undefined) return false;
  return feed.natives === 0 && feed.patterns <= budget / 2;
}

function count(feed: Feed, need: Need, by: 1 | -1): void {
  if (need.slot !== undefined) return;
  feed.patterns += by;
  if (feedName(ownFeed(need)) === feedName(feed)) feed.natives += by;
}

/** Whether an event may arrive on both. */
function overlap(one: Feed, other: Feed): boolean {
  if (one.glob === undefined || other.glob === undefined) return false;
  const isSameDatabase = one.db === other.db || one.db === "*" || other.db === "*";
  return isSameDatabase && intersects(one.glob, other.glob);
}

/** The narrowest feed that covers two of these, of all pairs the one with the longest prefix. */
function closestJoin(feeds: readonly Feed[]): Feed {
  let best: Common | undefined;
  feeds.forEach((one, at) => {
    for (const other of feeds.slice(at + 1)) {
      const common = commonOf(one, other);
      if (best === undefined || isCloser(common, best)) best = common;
    }
  });
  return best === undefined ? firehoseFeed("*") : feedFor(best);
}

/** The narrowest feed of a prefix that covers both. */
function join(one: Feed, other: Feed): Feed {
  return feedFor(commonOf(one, other));
}

interface Common {
  readonly prefix: Uint8Array;
  readonly db: Database;
}

function commonOf(one: Feed, other: Feed): Common {
  const prefix = one.glob && other.glob ? commonPrefix(one.glob, other.glob) : new Uint8Array();
  return { prefix, db: one.db === other.db ? one.db : "*" };
}

function feedFor({ prefix, db }: Common): Feed {
  return patternFeed(prefixGlob(prefix), db);
}

function isCloser(a: Common, b: Common): boolean {
  if (a.prefix.length !== b.prefix.length) return a.prefix.length > b.prefix.length;
  return a.db !== "*" && b.db === "*";
}

function commonPrefix(a: Glob, b: Glob): Uint8Array {
  let length = 0;
  const most = Math.min(a.prefix.length, b.prefix.length);
  while (length < most && a.prefix[length] === b.prefix[length]) length++;
  return a.prefix.subarray(0, length);
}

/** Broad needs are placed first, so that the narrow ones find their feeds. */
function breadth(need: Need): number {
  return need.glob === undefined ? 0 : need.glob.prefix.length;
}
