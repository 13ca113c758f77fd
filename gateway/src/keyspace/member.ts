import { type Backoff, backoffDelay, type Clock, type Timer, WireError } from "@keywire/shared";
import type { Redis } from "ioredis";
import type { Informant } from "./discovery.js";
import { KEYSPACE_FLAGS, unionFlags } from "./flags.js";
import { type LinkEvents, NodeLink } from "./link.js";
import type { Mark } from "./marks.js";
import type { Feed } from "./need.js";
import { NodeConnections } from "./node-connections.js";
import type { NodePort } from "./node-feeds.js";
import { ensureNotifications, isRefusal, type NotifyMode } from "./notify.js";
import { Swaps } from "./swaps.js";
import { type RedisTarget, show } from "./target.js";
import type { Primary } from "./topology.js";

/** Delays between attempts to reach a node, ms. */
const RETRY: Backoff = { min: 100, max: 500 };
/** ms until a node whose notifications are off is looked at again: a person has to mend it. */
const MISCONFIGURED_DELAY = 2_000;

export interface MemberOptions {
  readonly target: RedisTarget;
  readonly notify: NotifyMode;
  readonly clock: Clock;
  /** What it is to tell beyond what feeds need. */
  readonly extraFlags: () => string;
}

export interface MemberEvents extends Omit<LinkEvents, "down"> {
  up(port: NodePort): void;
  /** Nothing after `lastGood` can be relied on. */
  down(lastGood: number, cause: string): void;
  /** Notifications were switched off since `lastGood`, and are on again. */
  resumed(lastGood: number): void;
  /** Redis does not let us know of flushes. */
  unwatched(error: Error): void;
}

/**
 * One primary: connecting, ready, or waiting for its next attempt, until closed. It is reached over
 * two connections, one that subscribes and one that asks; either one's end is the end of both, since
 * the second is what makes Redis tell the first of flushes.
 */
export class Member implements NodePort {
  #primary: Primary;
  readonly #options: MemberOptions;
  readonly #events: MemberEvents;
  #state: "connecting" | "ready" | "waiting" | "closed" = "waiting";
  #since: number;
  #problem: Error | undefined;
  #attempts = 0;
  #timer: Timer | undefined;
  #link: NodeLink | undefined;
  #connections: NodeConnections | undefined;
  /** The notification letters that were found or made to be on, and when. */
  #flags = KEYSPACE_FLAGS;
  #flagsGood = 0;
  /** The same at the check before, whose answer came before anything that comes now was told. */
  #flagsBefore = 0;
  /** The letters that the last check found on: what came later was asked for, and not missed. */
  #flagsSeen = "";
  /** Redis does not let us listen to marks. */
  #isUnmarked = false;
  /** Outside clusters, which have no SWAPDB. */
  #swaps: Swaps | undefined;

  constructor(primary: Primary, options: MemberOptions, events: MemberEvents) {
    this.#primary = primary;
    this.#options = options;
    this.#events = events;
    this.#since = options.clock.now();
  }

  get primary(): Primary {
    return this.#primary;
  }

  get state(): "connecting" | "ready" | "down" {
    if (this.#state === "ready") return "ready";
    return this.#state === "connecting" && this.#attempts <= 1 ? "connecting" : "down";
  }

  /** When the state was entered, ms since the Unix epoch. */
  get since(): number {
    return this.#since;
  }

  /**
   * Why it is not ready; a WireError where notifications are off and stay so. Of one that is ready,
   * what cannot be told of it.
   */
  get problem(): Error | undefined {
    return this.#problem ?? this.#connections?.refusal ?? this.#swaps?.refusal;
  }

  get lastGood(): number {
    return this.#link?.lastGood ?? Number.POSITIVE_INFINITY;
  }

  get address(): string {
    return show(this.primary);
  }

  /** Its connection for questions, while there is one. */
  get informant(): Informant | undefined {
    if (this.#state !== "ready" || this.#connections === undefined) return undefined;
    return { endpoint: this.primary, control: this.#connections.control };
  }

  /** Tries once to get ready; where that fails it goes on trying by itself. */
  async connect(): Promise<void> {
    if (this.#state !== "waiting") return;
    this.#enter("connecting");
    this.#attempts++;
    try {
      await this.#open();
    } catch (error) {
      this.#hangUp();
      this.#retry(error instanceof Error ? error : new Error(String(error)));
    }
  }

  subscribe(feed: Feed): void {
    const link = this.#link;
    const wanted = unionFlags(this.#flags, feed.flags);
    if (wanted === this.#flags) {
      link?.subscribe(feed);
      return;
    }
    ensureNotifications(this.#connected(), this.#options.notify, wanted).then(
      () => {
        this.#flags = unionFlags(this.#flags, feed.flags);
        if (this.#link === link) link?.subscribe(feed);
      },
      (error: Error) => {
        if (this.#link === link) this.#events.refused(feed, error);
      },
    );
  }

  /**
   * Has the node tell more than its feeds need.
   *
   * @throws WireError where it does not; it goes on as before then
   */
  async want(flags: string): Promise<void> {
    if (this.#state === "ready") await this.#ensureAlso(this.#connected(), flags);
  }

  unsubscribe(feed: Feed): void {
    this.#link?.unsubscribe(feed);
  }

  guardedSince(slot: number): number | undefined {
    return this.#link?.guardedSince(slot);
  }

  probe(): void {
    this.#link?.probe();
  }

  /** Follows what the node owns by now. */
  follow(primary: Primary): void {
    this.#primary = primary;
    this.#watchSlots();
  }

  /** Looks whether somebody switched notifications off, and mends it or gives the node up. */
  async checkNotifications(): Promise<void> {
    if (this.#state !== "ready") return;
    const link = this.#link;
    const asked = this.#options.clock.now();
    const flags = this.#flags;
    try {
      const found = await ensureNotifications(this.#connected(), this.#options.notify, flags);
      if (this.#link !== link) return;
      // Else the mark says so, to this gateway as to all others.
      if (found === "added" && this.#isUnmarked) this.#events.resumed(this.#flagsBefore);
      this.#flagsBefore = this.#flagsGood;
      this.#flagsGood = asked;
      this.#flagsSeen = flags;
    } catch (error) {
      // A connection that failed is told by the link; only the node's own word counts here.
      if (this.#link === link && error instanceof WireError) this.#giveUp(error, this.#flagsGood);
    }
  }

  /** Looks whether databases were swapped, of which nothing is told. */
  async checkSwaps(): Promise<void> {
    if (this.#state !== "ready") return;
    const swaps = this.#swaps;
    // A connection that failed is told by the link.
    const since = await swaps?.look().catch(() => undefined);
    if (since !== undefined && this.#swaps === swaps) this.#events.flushed(since);
  }

  close(): void {
    this.#enter("closed");
    this.#timer?.cancel();
    this.#hangUp();
  }

  async #open(): Promise<void> {
    const { target, clock, notify, extraFlags } = this.#options;
    const connections = new NodeConnections(target, this.primary, this.#name);
    this.#connections = connections;
    const swaps = target.kind === "cluster" ? undefined : new Swaps(connections, clock);
    this.#swaps = swaps;
    await connections.open(clock, async () => {
      this.#flagsGood = clock.now();
      this.#flagsBefore = this.#flagsGood;
      this.#flagsSeen = this.#flags;
      await ensureNotifications(connections, notify, this.#flags);
      // Before any feed is acknowledged, which ends a gap.
      await this.#ensureAlso(connections, extraFlags()).catch((error: unknown) => {
        // A node that does not tell these says so when it is up.
        if (!(error instanceof WireError)) throw error;
      });
      await swaps?.look();
    });
    if (this.#state === "connecting") this.#begin(connections);
    else connections.subscriber.disconnect();
  }

  async #ensureAlso(connections: NodeConnections, flags: string): Promise<void> {
    const wanted = unionFlags(this.#flags, flags);
    if (wanted === this.#flags) return;
    await ensureNotifications(connections, this.#options.notify, wanted);
    this.#flags = unionFlags(this.#flags, flags);
  }

  #begin(connections: NodeConnections): void {
    const { clock } = this.#options;
    const { control, subscriber } = connections;
    const link: NodeLink = new NodeLink(subscriber, clock, {
      ...this.#events,
      marked: (mark) => {
        if (mark.kind === "mended") this.#mended(mark);
        else this.#events.marked(mark);
      },
      unmarked: (error) => {
        this.#isUnmarked = true;
        this.#events.unmarked(error);
      },
      flushed: (lastGood) => void this.#flushed(control, lastGood),
      down: (cause) => {
        if (this.#link !== link) return;
        // Notifications may have been off since the last look at them, and whoever mends them while
        // the link is away says so to nobody here.
        const good = Math.min(link.lastGood, this.#flagsGood);
        this.#giveUp(new Error(`${this.address}: ${cause}`), good);
      },
    });
    control.once("close", () => link.close("the connection for questions was closed"));
    this.#link = link;
    this.#attempts = 0;
    this.#isUnmarked = false;
    link.watchMarks();
    link.watchFlushes().catch((error: unknown) => {
      // A connection without it is no worse than the next one would be.
      if (isRefusal(error)) this.#events.unwatched(connections.refuse("SUBSCRIBE", error));
      else link.close(String(error));
    });
    this.#watchSlots();
    this.#enter("ready");
    this.#events.up(this);
    if (this.problem !== undefined) this.#events.unwatched(this.problem);
  }

  /** Somebody switched letters on that had been off. */
  #mended({ node, letters }: Extract<Mark, { kind: "mended" }>): void {
    const isMissed = [...letters].some((letter) => this.#flagsSeen.includes(letter));
    if (isMissed && node === this.#name) this.#events.resumed(this.#flagsBefore);
  }

  /** Has the node tell at once when it loses slots; in a cluster alone. */
  #watchSlots(): void {
    if (this.#options.target.kind === "cluster") this.#link?.watchSlots(this.#primary.slots);
  }

  /** A node that became a replica empties itself before it is filled anew: nobody flushed it. */
  async #flushed(control: Redis, lastGood: number): Promise<void> {
    // What it tells from here on waits for the answer.
    this.#events.doubted();
    const [role] = await control.role().catch(() => ["unknown"]);
    if (role !== "slave") this.#events.flushed(lastGood);
  }

  #giveUp(problem: Error, lastGood: number): void {
    this.#hangUp();
    this.#events.down(lastGood, problem.message);
    this.#retry(problem);
  }

  #hangUp(): void {
    const link = this.#link;
    this.#link = undefined;
    link?.close();
    this.#connections?.control.disconnect();
    this.#connections = undefined;
    this.#swaps = undefined;
  }

  #retry(problem: Error): void {
    if (this.#state === "closed") return;
    this.#problem = problem;
    this.#enter("waiting");
    const isMisconfigured = problem instanceof WireError;
    const delay = isMisconfigured
      ? MISCONFIGURED_DELAY
      : backoffDelay(RETRY, this.#attempts, Math.random());
    this.#timer = this.#options.clock.after(delay, () => void this.connect());
  }

  #enter(state: "connecting" | "ready" | "waiting" | "closed"): void {
    if (this.#state === "closed") return;
    if (state === "ready") this.#problem = undefined;
    this.#state = state;
    this.#since = this.#options.clock.now();
  }

  /** How marks name the node. */
  get #name(): string | undefined {
    return this.#options.target.kind === "cluster" ? this.#primary.id : undefined;
  }

  #connected(): NodeConnections {
    if (this.#connections === undefined) throw new Error(`${this.address} is not connected`);
    return this.#connections;
  }
}
