import type { Feed, Need } from "./need.js";

/** Sends subscriptions to one node; acknowledgements come back to whoever owns the port. */
export interface NodePort {
  subscribe(feed: Feed): void;
  unsubscribe(feed: Feed): void;
  /** The last moment, ms since the Unix epoch, up to which everything the node told has arrived. */
  readonly lastGood: number;
  /**
   * Since when the node would have told that it lost a slot, ms since the Unix epoch; undefined where
   * it would not.
   */
  guardedSince(slot: number): number | undefined;
  /** Makes `lastGood` a moment no earlier than this one, once all that was told until now has come. */
  probe(): void;
}

interface Held {
  /** `marking`: acknowledged, and asked for once more for the place of that acknowledgement. */
  state: "pending" | "active" | "marking";
  /** How many needs the feed serves here. */
  serving: number;
}

/** By which feed a need is served, and since when it has been by any, ms since the Unix epoch. */
interface Serving {
  readonly feed: Feed;
  readonly since: number;
}

/**
 * What one node's link holds: which feeds, and by which of them each need is served. A need is
 * served by one feed at a time. When another feed takes it over, that happens at the
 * acknowledgement of the new one, which is a place in the node's stream: Redis tells an event on
 * both channels before it or on both behind it, so nothing is told twice or not at all.
 */
export class NodeFeeds {
  readonly id: string;
  readonly #port: NodePort;
  readonly #held = new Map<Feed, Held>();
  readonly #serving = new Map<Need, Serving>();
  readonly #now: () => number;

  constructor(id: string, port: NodePort, now: () => number) {
    this.id = id;
    this.#port = port;
    this.#now = now;
  }

  get lastGood(): number {
    return this.#port.lastGood;
  }

  guardedSince(slot: number): number | undefined {
    return this.#port.guardedSince(slot);
  }

  probe(): void {
    this.#port.probe();
  }

  request(feed: Feed): void {
    if (this.#held.has(feed)) return;
    this.#held.set(feed, { state: "pending", serving: 0 });
    this.#port.subscribe(feed);
  }

  acknowledge(feed: Feed): void {
    const held = this.#held.get(feed);
    if (held !== undefined) held.state = "active";
  }

  /** Redis refused: what it had acknowledged before goes on, else there is nothing to take back. */
  forget(feed: Feed): void {
    const held = this.#held.get(feed);
    if (held?.state === "marking") held.state = "active";
    else this.#held.delete(feed);
  }

  holds(feed: Feed): boolean {
    return this.#held.has(feed);
  }

  isActive(feed: Feed): boolean {
    const state = this.#held.get(feed)?.state;
    return state === "active" || state === "marking";
  }

  /** Feeds held, acknowledged or not. */
  feeds(): IterableIterator<Feed> {
    return this.#held.keys();
  }

  needs(): IterableIterator<Need> {
    return this.#serving.keys();
  }

  feedOf(need: Need): Feed | undefined {
    // Asked for each event, mostly of needs that one node serves, and not of the same one again soon.
    return need.servedOn === this ? need.servedBy : this.#serving.get(need)?.feed;
  }

  /** Since when the need has been served here without a break; undefined where it is not. */
  servedSince(need: Need): number | undefined {
    return this.#serving.get(need)?.since;
  }

  /**
   * Lets an acknowledged feed serve the need. Where another feed serves it, the subscription is sent
   * once more, for the place in the stream that its acknowledgement marks: Redis' two messages of
   * one event may stand on both sides of any other moment. One such place does for all needs that wait.
   */
  take(need: Need, feed: Feed): void {
    const held = this.#held.get(feed);
    if (held === undefined || held.state === "pending" || this.feedOf(need) === feed) return;
    if (!this.#serving.has(need)) {
      this.serve(need, feed);
    } else if (held.state === "active") {
      held.state = "marking";
      this.#port.subscribe(feed);
    }
  }

  /** Lets the feed serve the need from here on; false where it already did. */
  serve(need: Need, feed: Feed): boolean {
    const previous = this.#serving.get(need);
    if (previous?.feed === feed) return false;
    this.#count(previous?.feed, -1);
    this.#serving.set(need, { feed, since: previous?.since ?? this.#now() });
    need.servedOn = this;
    need.servedBy = feed;
    this.#count(feed, 1);
    return true;
  }

  /** No longer serves the need here. */
  release(need: Need): void {
    this.#count(this.feedOf(need), -1);
    this.#serving.delete(need);
    if (need.servedOn !== this) return;
    need.servedOn = undefined;
    need.servedBy = undefined;
  }

  /** Unsubscribes a feed that serves nobody; one that is still pending goes when it is acknowledged. */
  drop(feed: Feed): boolean {
    const held = this.#held.get(feed);
    if (held === undefined || held.serving > 0 || held.state !== "active") return false;
    this.#held.delete(feed);
    this.#port.unsubscribe(feed);
    return true;
  }

  #count(feed: Feed | undefined, by: 1 | -1): void {
    const held = feed === undefined ? undefined : this.#held.get(feed);
    if (held !== undefined) held.serving += by;
  }
}
