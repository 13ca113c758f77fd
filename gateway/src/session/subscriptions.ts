/**
 * A client's subscriptions: at most one per channel name.
 *
 * Each name has a current subscription, or one that is asked for, or both while one replaces the
 * other: the current one is served until the new one is, and stays where the new one is refused.
 * Requests for a name whose subscription is on its way wait for it, so that each is answered, in
 * order; those for other names do not wait.
 *
 * Bounds: names, by the limit; waiting requests, by the rate at which a client may send.
 */

import {
  type ChannelOptions,
  type Clock,
  type Cursor,
  type Database,
  type Interest,
  parseChannel,
  type SubscribeMessage,
  type UnsubscribeMessage,
  WireError,
} from "@keywire/shared";
import type { Outlet } from "./outlet.js";
import type { Channels, Joined, Keys, MemberGap, SessionReport } from "./ports.js";
import { Subscription, type SubscriptionPort } from "./subscription.js";

/** What all clients' subscriptions share. */
export interface SubscriptionsPorts {
  readonly clock: Clock;
  readonly channels: Channels;
  /** Meant where a channel names none. */
  readonly defaultDatabase: Database;
  readonly limits: {
    /** Of one client. */
    readonly subscriptions: number;
  };
  readonly report: SessionReport;
}

/** Who says what the client may have. */
export interface Authorizer {
  /** @throws WireError `forbidden`, or `unauthorized` before there is a token */
  authorize(interest: Interest, options: ChannelOptions): void;
}

interface Slot {
  current: Subscription | undefined;
  pending: Subscription | undefined;
  readonly waiting: (SubscribeMessage | UnsubscribeMessage)[];
}

export class Subscriptions implements SubscriptionPort {
  readonly #ports: SubscriptionsPorts;
  readonly #outlet: Outlet;
  readonly #authorizer: Authorizer;
  readonly #slots = new Map<string, Slot>();

  constructor(ports: SubscriptionsPorts, outlet: Outlet, authorizer: Authorizer) {
    this.#ports = ports;
    this.#outlet = outlet;
    this.#authorizer = authorizer;
  }

  /** Of those that are served. */
  names(): string[] {
    return [...this.#slots].flatMap(([name, { current }]) => (current === undefined ? [] : name));
  }

  /** Asks for a channel, or leaves it; the client is answered when that is done. */
  request(message: SubscribeMessage | UnsubscribeMessage): void {
    const slot = this.#slots.get(message.channel);
    if (slot?.pending !== undefined) slot.waiting.push(message);
    else if (message.type === "subscribe") this.#subscribe(message);
    else this.#unsubscribe(message);
  }

  /** Ends those that the client's token does not cover any more. */
  review(): void {
    for (const [name, slot] of [...this.#slots]) {
      const { current, pending } = slot;
      const [ended, refused] = [this.#fault(current), this.#fault(pending)];
      if (current !== undefined && ended !== undefined) {
        current.leave();
        slot.current = undefined;
        const { code, message } = ended;
        this.#outlet.send({ type: "unsubscribed", channel: name, code, message });
      }
      if (pending !== undefined && refused !== undefined) {
        pending.leave();
        this.refused(pending, refused);
      }
      this.#tidy(name, slot);
    }
  }

  close(): void {
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    for (const { current, pending } of slots) {
      current?.leave();
      pending?.leave();
    }
  }

  // Of subscriptions

  joined(subscription: Subscription, joined: Joined): void {
    const { epoch, offset, resumed, replay } = joined;
    const { name: channel, id } = subscription;
    const slot = this.#slots.get(channel);
    if (slot?.pending !== subscription) return;
    // The last of the one that is replaced comes before the answer.
    const unfinished = this.#unfinished(slot.current, joined);
    const gap = joined.gap ?? unfinished;
    slot.current = subscription;
    slot.pending = undefined;
    this.#outlet.subscribed({
      type: "subscribed",
      ...(id === undefined ? {} : { id }),
      channel,
      epoch,
      offset,
      ...(resumed === undefined ? {} : { resumed }),
      ...(gap === undefined ? keysOf(joined) : {}),
    });
    if (gap !== undefined) {
      this.#outlet.gap(channel, epoch, gap);
      // Behind a gap the keys come in a message of their own, which repeats the gap's offset.
      const { snapshot, ...more } = keysOf(joined);
      if (snapshot !== undefined) {
        this.resynced(subscription, { epoch, offset: gap.offset }, { snapshot, ...more });
      }
    }
    for (const messages of replay) this.#outlet.deliver(messages);
    this.#goOn(channel, slot);
  }

  /** Leaves one that is replaced: what was on its way there, and does not come on the other channel, is a gap. */
  #unfinished(
    replaced: Subscription | undefined,
    { epoch, offset }: Joined,
  ): MemberGap | undefined {
    const from = replaced?.leave();
    if (from === undefined || replaced?.epoch === epoch) return undefined;
    return { reason: "resubscribed", missed: null, offset, from, to: this.#ports.clock.now() };
  }

  refused(subscription: Subscription, error: WireError): void {
    const slot = this.#slots.get(subscription.name);
    if (slot?.pending !== subscription) return;
    slot.pending = undefined;
    this.#outlet.refuse(error, subscription.id);
    this.#goOn(subscription.name, slot);
  }

  overflowed(): void {
    this.#outlet.overflowed();
  }

  resynced({ name: channel }: Subscription, { epoch, offset }: Cursor, keys: Keys): void {
    this.#outlet.snapshot({ type: "snapshot", channel, offset, ...keys }, epoch);
  }

  /** Has all of a channel told anew; false where the channel has no snapshots. */
  resync(channel: string): boolean {
    return this.#slots.get(channel)?.current?.resync() ?? false;
  }

  // Requests

  #subscribe(request: SubscribeMessage): void {
    const { id, channel: name, since } = request;
    try {
      const options = optionsOf(request);
      const interest = parseChannel(name, this.#ports.defaultDatabase);
      this.#authorizer.authorize(interest, options);
      const slot = this.#slotFor(name);
      const subscription = new Subscription(
        { name, interest, options, id },
        this.#outlet.outbox,
        this,
      );
      slot.pending = subscription;
      try {
        const join = { name, interest, options, since };
        subscription.hold(this.#ports.channels.join(join, subscription));
      } catch (error) {
        slot.pending = undefined;
        this.#tidy(name, slot);
        throw error;
      }
    } catch (error) {
      this.#outlet.refuse(error, id);
    }
  }

  #unsubscribe({ id, channel }: UnsubscribeMessage): void {
    const slot = this.#slots.get(channel);
    if (slot?.current === undefined) {
      const shown = JSON.stringify(channel.length > 80 ? `${channel.slice(0, 80)}…` : channel);
      const error = new WireError("bad_request", `there is no subscription to ${shown} to end`);
      this.#outlet.refuse(error, id);
      return;
    }
    slot.current.leave();
    slot.current = undefined;
    this.#tidy(channel, slot);
    this.#outlet.send({ type: "unsubscribed", ...(id === undefined ? {} : { id }), channel });
  }

  #slotFor(name: string): Slot {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const { subscriptions: limit } = this.#ports.limits;
    if (this.#slots.size >= limit) {
      this.#ports.report.limited("subscriptions");
      throw new WireError(
        "limit_exceeded",
        `a connection takes ${limit} subscriptions, and has them; unsubscribe from some first`,
      );
    }
    const slot: Slot = { current: undefined, pending: undefined, waiting: [] };
    this.#slots.set(name, slot);
    return slot;
  }

  /** Takes up the requests that waited, until one of them is on its way itself. */
  #goOn(name: string, slot: Slot): void {
    while (slot.pending === undefined && this.#slots.get(name) === slot) {
      const next = slot.waiting.shift();
      if (next === undefined) break;
      if (next.type === "subscribe") this.#subscribe(next);
      else this.#unsubscribe(next);
    }
    this.#tidy(name, slot);
  }

  #tidy(name: string, slot: Slot): void {
    const isUsed =
      slot.current !== undefined || slot.pending !== undefined || slot.waiting.length > 0;
    if (!isUsed && this.#slots.get(name) === slot) this.#slots.delete(name);
  }

  #fault(subscription: Subscription | undefined): WireError | undefined {
    if (subscription === undefined) return undefined;
    try {
      this.#authorizer.authorize(subscription.interest, subscription.options);
      return undefined;
    } catch (error) {
      if (error instanceof WireError) return error;
      throw error;
    }
  }
}

function keysOf({ snapshot, truncated }: Joined): Partial<Keys> {
  if (snapshot === undefined) return {};
  return truncated ? { snapshot, truncated } : { snapshot };
}

function optionsOf({ events, value, snapshot, fields }: SubscribeMessage): ChannelOptions {
  return {
    ...(events === undefined ? {} : { events }),
    ...(value === undefined ? {} : { value }),
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(fields === undefined ? {} : { fields }),
  };
}
