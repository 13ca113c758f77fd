import {
  type ChannelOptions,
  type Database,
  type GatewayMessage,
  type Interest,
  parseChannel,
  type SubscribeMessage,
  WireError,
} from "@keywire/shared";
import type { Channels, Joined, Membership, Messages } from "./ports.js";

export interface SubscriptionPorts {
  readonly channels: Channels;
  readonly defaultDatabase: Database;
  readonly limit: number;
  /** @throws WireError `forbidden` */
  authorize(interest: Interest, options: ChannelOptions): void;
  send(message: GatewayMessage): void;
  deliver(messages: Messages): void;
  /** The client gets nothing more of a channel, not what is queued either. */
  forget(channel: string): void;
}

/** One channel of one client: on its way, or joined. */
interface Subscription {
  readonly name: string;
  readonly interest: Interest;
  readonly options: ChannelOptions;
  membership: Membership | undefined;
  state: "pending" | "joined" | "left";
}

/** A client's subscriptions: at most one per channel name; subscribing again replaces it. */
export class Subscriptions {
  readonly #ports: SubscriptionPorts;
  readonly #joined = new Map<string, Subscription>();
  readonly #pending = new Map<string, Subscription>();

  constructor(ports: SubscriptionPorts) {
    this.#ports = ports;
  }

  get size(): number {
    return new Set([...this.#joined.keys(), ...this.#pending.keys()]).size;
  }

  names(): string[] {
    return [...this.#joined.keys()];
  }

  /** @throws WireError saying why not; a subscription of that name that stood goes on standing */
  async subscribe(request: SubscribeMessage): Promise<void> {
    const { id, channel: name, since } = request;
    const options = optionsOf(request);
    const interest = parseChannel(name, this.#ports.defaultDatabase);
    refuseUnsupported(options);
    this.#ports.authorize(interest, options);
    this.#makeRoom(name);
    const subscription: Subscription = {
      name,
      interest,
      options,
      membership: undefined,
      state: "pending",
    };
    this.#pending.set(name, subscription);
    const member = {
      joined: (joined: Joined) => this.#enter(subscription, joined, id),
      deliver: (messages: Messages) => this.#ports.deliver(messages),
    };
    const membership = this.#ports.channels.join({ name, interest, options }, member, since);
    subscription.membership = membership;
    try {
      await membership.ready;
    } finally {
      if (this.#pending.get(name) === subscription) this.#pending.delete(name);
    }
  }

  /** @throws WireError `bad_request` where there is no such subscription */
  unsubscribe(name: string): void {
    const found = [this.#pending.get(name), this.#joined.get(name)];
    if (found.every((subscription) => subscription === undefined)) {
      throw new WireError(
        "bad_request",
        `there is no subscription to ${JSON.stringify(name)} to end`,
      );
    }
    for (const subscription of found) if (subscription !== undefined) this.#leave(subscription);
  }

  /** Ends those that the client's new token does not cover. */
  review(): void {
    for (const subscription of [...this.#pending.values(), ...this.#joined.values()]) {
      const { name: channel, interest, options } = subscription;
      try {
        this.#ports.authorize(interest, options);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        this.#leave(subscription);
        const { code, message } = error;
        this.#ports.send({ type: "unsubscribed", channel, code, message });
      }
    }
  }

  close(): void {
    for (const subscription of [...this.#pending.values(), ...this.#joined.values()]) {
      subscription.state = "left";
      subscription.membership?.leave();
    }
    this.#pending.clear();
    this.#joined.clear();
  }

  #makeRoom(name: string): void {
    const earlier = this.#pending.get(name);
    // Of two that are on their way the later one counts.
    if (earlier !== undefined) this.#leave(earlier);
    if (this.#joined.has(name) || this.size < this.#ports.limit) return;
    throw new WireError(
      "limit_exceeded",
      `a connection takes ${this.#ports.limit} subscriptions, and has them; unsubscribe from some`,
    );
  }

  #enter(subscription: Subscription, joined: Joined, id: SubscribeMessage["id"]): void {
    const { name } = subscription;
    const replaced = this.#joined.get(name);
    if (replaced !== undefined) replaced.membership?.leave();
    subscription.state = "joined";
    this.#pending.delete(name);
    this.#joined.set(name, subscription);
    this.#ports.send({
      type: "subscribed",
      ...(id === undefined ? {} : { id }),
      channel: name,
      ...joined,
    });
  }

  #leave(subscription: Subscription): void {
    const { name } = subscription;
    const map = subscription.state === "joined" ? this.#joined : this.#pending;
    if (map.get(name) === subscription) map.delete(name);
    if (subscription.state === "joined") this.#ports.forget(name);
    subscription.state = "left";
    subscription.membership?.leave();
  }
}

function optionsOf({ events, value, snapshot, fields }: SubscribeMessage): ChannelOptions {
  return {
    ...(events === undefined ? {} : { events }),
    ...(value === undefined ? {} : { value }),
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(fields === undefined ? {} : { fields }),
  };
}

/** What this gateway does not serve yet is refused, rather than silently left out. */
function refuseUnsupported({ value, snapshot, fields }: ChannelOptions): void {
  if (value === true || (snapshot ?? 0) > 0) {
    throw new WireError(
      "unsupported",
      `this gateway delivers events without values: leave out "value" and "snapshot"`,
    );
  }
  if (fields !== undefined && fields !== false) {
    throw new WireError(
      "unsupported",
      `"fields" needs a server with subkey notifications, Redis 8.8 or later: leave it out`,
    );
  }
}
