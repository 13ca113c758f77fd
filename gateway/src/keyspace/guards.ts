import { slotOf } from "@keywire/shared";
import { Command, type Redis } from "ioredis";
import type { SlotRange } from "./cluster-nodes.js";
import { guardChannel, guardedSlot, isIn, watchChannel } from "./guard-channel.js";

type Condition = NonNullable<Redis["condition"]>;

export interface GuardEvents {
  /**
   * The node gave a slot away.
   *
   * @param heldSince since when it would have told that, ms since the Unix epoch
   */
  slotLost(slot: number, heldSince: number): void;
  /** The node gave a slot away, perhaps all of them. */
  doubted(): void;
}

interface Guard {
  /** When it was acknowledged, ms since the Unix epoch; undefined until then. */
  since: number | undefined;
}

/**
 * What makes a cluster's node tell that it loses a slot, at that very place in its stream: from Redis 7
 * on it does so to those who subscribed a sharded channel there. One such channel watches for the
 * node's being demoted, and each slot with feeds of its own has one besides. Servers before know
 * none, and others may not let us: then the next look tells.
 *
 * Nothing is unsubscribed by name. The node answers that with MOVED where it loses the slot first,
 * beside telling the loss, and ioredis would take one of the two for the answer to another command.
 * So guards that nobody needs stay until none is needed, and go all at once.
 */
export class Guards {
  readonly #redis: Redis;
  readonly #now: () => number;
  readonly #events: GuardEvents;
  /** By slot: how many feeds there are. */
  readonly #wanted = new Map<number, number>();
  readonly #guards = new Map<number, Guard>();
  /** What the node owns, as far as is known. */
  #slots: readonly SlotRange[] = [];
  #watched: string | undefined;
  /** Another refusal each second would help nobody. */
  #isPossible = true;
  /** What ioredis knows of this connection's subscriptions. */
  #subscribed: Condition["subscriber"] = false;

  constructor(redis: Redis, now: () => number, events: GuardEvents) {
    this.#redis = redis;
    this.#now = now;
    this.#events = events;
    // ioredis' word for a `sunsubscribe` that nobody asked for.
    redis.on("moved", () => this.#mend());
  }

  /** Since when the node would have told that it lost the slot; undefined where it would not. */
  since(slot: number): number | undefined {
    return this.#guards.get(slot)?.since;
  }

  /** A feed more of this slot is about to be subscribed. */
  want(slot: number): void {
    this.#wanted.set(slot, (this.#wanted.get(slot) ?? 0) + 1);
    if (isIn(this.#slots, slot)) this.#guard(slot);
  }

  /** A feed of this slot is gone. */
  drop(slot: number): void {
    const left = (this.#wanted.get(slot) ?? 0) - 1;
    if (left > 0) this.#wanted.set(slot, left);
    else this.#wanted.delete(slot);
  }

  /** Follows what the node owns by now. */
  follow(slots: readonly SlotRange[]): void {
    this.#slots = slots;
    this.#watch();
    for (const slot of this.#wanted.keys()) if (isIn(slots, slot)) this.#guard(slot);
  }

  /** Lets go of the guards once no slot needs one. */
  sweep(): void {
    if (this.#wanted.size > 0 || this.#guards.size === 0) return;
    this.#guards.clear();
    this.#watched = undefined;
    const mend = () => this.#mend();
    this.#send("sunsubscribe", [], mend, mend);
    this.#watch();
  }

  close(): void {
    this.#redis.removeAllListeners("moved");
  }

  #watch(): void {
    const isGone = this.#watched === undefined || !isIn(this.#slots, slotOfName(this.#watched));
    const channel = isGone ? watchChannel(this.#slots) : undefined;
    if (channel === undefined || !this.#isPossible) return;
    this.#watched = channel;
    this.#subscribe(
      channel,
      () => {},
      () => {
        if (this.#watched === channel) this.#watched = undefined;
      },
    );
  }

  #guard(slot: number): void {
    if (!this.#isPossible || this.#guards.has(slot)) return;
    const guard: Guard = { since: undefined };
    this.#guards.set(slot, guard);
    this.#subscribe(
      guardChannel(slot),
      () => {
        guard.since = this.#now();
      },
      () => {
        if (this.#guards.get(slot) === guard) this.#guards.delete(slot);
      },
    );
  }

  #subscribe(channel: string, done: () => void, failed: () => void): void {
    const acknowledged = () => {
      this.#listen();
      done();
    };
    this.#send("ssubscribe", [channel], acknowledged, (error) => {
      failed();
      // Any other word is about this moment: the slot is elsewhere, or the cluster is down.
      if (/^(NOPERM|ERR) /.test(error.message)) this.#isPossible = false;
    });
  }

  #send(name: string, args: string[], done: () => void, failed: (error: Error) => void): void {
    const command = new Command(name, args);
    const settle = command.resolve;
    command.resolve = (reply: unknown) => {
      done();
      settle(reply);
    };
    this.#redis.sendCommand(command);
    command.promise.catch(failed);
  }

  /** ioredis does not say which channel a `sunsubscribe` is about, but strikes it off its list. */
  #listen(): void {
    const subscribed = this.#redis.condition?.subscriber;
    if (!subscribed || subscribed === this.#subscribed) return;
    this.#subscribed = subscribed;
    const strike = subscribed.del.bind(subscribed);
    subscribed.del = (kind, channel) => {
      strike(kind, channel);
      if (kind === "sunsubscribe") this.#lost(channel);
    };
  }

  /** With the last sharded channel ioredis takes itself for unsubscribed, and what comes for answers. */
  #mend(): void {
    const { condition } = this.#redis;
    if (condition !== null) condition.subscriber ||= this.#subscribed;
  }

  #lost(channel: string): void {
    if (channel === this.#watched) {
      this.#watched = undefined;
      this.#events.doubted();
    }
    const slot = guardedSlot(channel);
    const since = slot === undefined ? undefined : this.since(slot);
    // One that is not acknowledged yet is a later one: the answer to letting go of all comes late.
    if (slot === undefined || since === undefined) return;
    this.#guards.delete(slot);
    if (this.#wanted.has(slot)) this.#events.slotLost(slot, since);
  }
}

function slotOfName(channel: string): number {
  return slotOf(Buffer.from(channel));
}
