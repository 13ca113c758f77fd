import { type Backoff, backoffDelay, type Clock, type Timer, WireError } from "@keywire/shared";
import type { Redis } from "ioredis";
import type { SlotRange } from "./cluster-nodes.js";
import { connectControl, connectSubscriber } from "./connection.js";
import { type Informant, show } from "./discovery.js";
import { KEYSPACE_FLAGS, unionFlags } from "./flags.js";
import { type LinkEvents, NodeLink } from "./link.js";
import type { Feed } from "./need.js";
import type { NodePort } from "./node-feeds.js";
import { ensureNotifications, isRefusal, type NotifyingNode, type NotifyMode } from "./notify.js";
import { SLOTS, slotOf } from "./slot.js";
import type { RedisTarget } from "./target.js";
import type { Primary } from "./topology.js";

/** Delays between attempts to reach a node, ms. */
const RETRY: Backoff = { min: 100, max: 500 };
/** ms until a node whose notifications are off is looked at again: a person has to mend it. */
const MISCONFIGURED_DELAY = 2_000;
/** How long a node may take, once connected, until it is found ready to be listened to, ms. */
const HANDSHAKE_TIMEOUT = 2_000;
/** Nothing is written under this prefix: client-side caching tells a flush whatever the prefix. */
const TRACKED_PREFIX = "{keywire}:flush";

export interface MemberOptions {
  readonly target: RedisTarget;
  readonly notify: NotifyMode;
  readonly clock: Clock;
}

export interface MemberEvents extends Omit<LinkEvents, "down"> {
  up(port: NodePort): void;
  /** Nothing after `lastGood` can be relied on. */
  down(lastGood: number, cause: string): void;
  /** Notifications were switched off since `lastGood`, and are on again. */
  resumed(lastGood: number): void;
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
  /** What it does not let us know, though it is listened to. */
  #refusal: Error | undefined;
  /** The sharded channel by which it tells when it gives slots away. */
  #watched: string | undefined;
  #attempts = 0;
  #timer: Timer | undefined;
  #link: NodeLink | undefined;
  #control: Redis | undefined;
  /** The notification letters that were found or made to be on, and when. */
  #flags = KEYSPACE_FLAGS;
  #flagsGood = 0;

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
    return this.#problem ?? this.#refusal;
  }

  get lastGood(): number {
    return this.#link?.lastGood ?? Number.POSITIVE_INFINITY;
  }

  get address(): string {
    return show(this.primary);
  }

  /** Its connection for questions, while there is one. */
  get informant(): Informant | undefined {
    const control = this.#control;
    return this.#state === "ready" && control ? { endpoint: this.primary, control } : undefined;
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
    ensureNotifications(this.#notifying(), this.#options.notify, wanted).then(
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
    const wanted = unionFlags(this.#flags, flags);
    if (this.#state !== "ready" || wanted === this.#flags) return;
    await ensureNotifications(this.#notifying(), this.#options.notify, wanted);
    this.#flags = unionFlags(this.#flags, flags);
  }

  unsubscribe(feed: Feed): void {
    this.#link?.unsubscribe(feed);
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
    try {
      const found = await ensureNotifications(this.#notifying(), this.#options.notify, this.#flags);
      if (this.#link !== link) return;
      if (found === "added") this.#events.resumed(this.#flagsGood);
      this.#flagsGood = asked;
    } catch (error) {
      // A connection that failed is told by the link; only the node's own word counts here.
      if (this.#link === link && error instanceof WireError) this.#giveUp(error, this.#flagsGood);
    }
  }

  close(): void {
    this.#enter("closed");
    this.#timer?.cancel();
    this.#hangUp();
  }

  async #open(): Promise<void> {
    const { target, clock, notify } = this.#options;
    const control = connectControl(target, this.primary);
    const subscriber = connectSubscriber(target, this.primary);
    this.#control = control;
    const failed = firstError(control, subscriber);
    const late = this.#timeout();
    const ready = this.#handshake(control, subscriber).then(() => {
      this.#flagsGood = clock.now();
      return ensureNotifications(this.#notifying(), notify, this.#flags);
    });
    // Whoever fails first says why; the others fail because of it.
    ready.catch(() => {});
    await Promise.race([failed, late.promise, ready])
      .catch((error: unknown) => {
        subscriber.disconnect();
        throw error;
      })
      .finally(() => late.cancel());
    if (this.#state === "connecting") this.#begin(control, subscriber);
    else subscriber.disconnect();
  }

  /** A node that takes connections and says nothing would be waited for until its network gives up. */
  #timeout(): { readonly promise: Promise<never>; cancel(): void } {
    let timer: Timer | undefined;
    const promise = new Promise<never>((_, reject) => {
      timer = this.#options.clock.after(HANDSHAKE_TIMEOUT, () =>
        reject(new Error(`${this.address} was not ready within ${HANDSHAKE_TIMEOUT} ms`)),
      );
    });
    return { promise, cancel: () => timer?.cancel() };
  }

  async #handshake(control: Redis, subscriber: Redis): Promise<void> {
    this.#refusal = undefined;
    await Promise.all([control.connect(), subscriber.connect()]);
    const id = await subscriber.client("ID");
    try {
      await control.call(
        "CLIENT",
        "TRACKING",
        "ON",
        "REDIRECT",
        id,
        "BCAST",
        "PREFIX",
        TRACKED_PREFIX,
      );
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#refusal = new Error(
        `${this.address} refuses CLIENT TRACKING, so a flush cannot be told: ${String(error)}`,
      );
    }
  }

  #begin(control: Redis, subscriber: Redis): void {
    const { clock } = this.#options;
    const link: NodeLink = new NodeLink(subscriber, clock, {
      ...this.#events,
      flushed: (lastGood) => void this.#flushed(control, lastGood),
      down: (cause) => {
        if (this.#link === link)
          this.#giveUp(new Error(`${this.address}: ${cause}`), link.lastGood);
      },
    });
    control.once("close", () => link.close("the connection for questions was closed"));
    this.#link = link;
    this.#attempts = 0;
    link.watchMarks();
    link.watchFlushes().catch((error: unknown) => link.close(String(error)));
    this.#watchSlots();
    this.#enter("ready");
    this.#events.up(this);
  }

  /** Has the node tell at once when it loses its slots; in a cluster alone. */
  #watchSlots(): void {
    if (this.#options.target.kind !== "cluster") return;
    const { slots } = this.#primary;
    const isGone = this.#watched === undefined || !isIn(slots, this.#watched);
    if (isGone) this.#watched = channelIn(slots);
    if (this.#watched !== undefined) void this.#link?.watchSlot(this.#watched);
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
    this.#control?.disconnect();
    this.#control = undefined;
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

  #notifying(): NotifyingNode {
    const control = this.#control;
    if (control === undefined) throw new Error(`${this.address} is not connected`);
    return {
      address: this.address,
      control,
      openSubscriber: async () => {
        const subscriber = connectSubscriber(this.#options.target, this.primary);
        subscriber.on("error", () => {});
        await subscriber.connect();
        return subscriber;
      },
    };
  }
}

/** The name of a sharded channel in one of the slots. */
function channelIn(slots: readonly SlotRange[]): string | undefined {
  for (let at = 0; at < 4 * SLOTS && slots.length > 0; at++) {
    const channel = `keywire:watch:${at}`;
    if (isIn(slots, channel)) return channel;
  }
  return undefined;
}

function isIn(slots: readonly SlotRange[], channel: string): boolean {
  const slot = slotOf(Buffer.from(channel));
  return slots.some(([first, last]) => slot >= first && slot <= last);
}

/** Rejects with the first thing that goes wrong on either, which says more than "closed" does. */
function firstError(...connections: readonly Redis[]): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    for (const connection of connections) connection.on("error", reject);
  });
  failed.catch(() => {});
  return failed;
}
