import {
  type ChannelOptions,
  type Cursor,
  type Database,
  type GatewayMessage,
  type Interest,
  parseChannel,
  type SubscribeMessage,
  WireError,
} from "@keywire/shared";
import type { RequestId } from "./client-message.js";
import type { Channels, Joined, Membership, Messages } from "./ports.js";

export interface SubscriptionPorts {
  readonly channels: Channels;
  readonly defaultDatabase: Database;
  readonly limit: number;
  /** @throws WireError `forbidden` */
  authorize(interest: Interest, options: ChannelOptions): void;
  send(message: GatewayMessage): void;
  deliver(messages: Messages): void;
  /** A request that came to nothing. */
  refuse(error: unknown, id: RequestId | undefined): void;
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

  /**
   * Asks for a channel; the answer goes to the client when it is known. Where it is a refusal, a
   * subscription of that name that stood goes on standing.
   */
  subscribe(request: SubscribeMessage): void {
    const { id, channel: name, since } = request;
    try {
      const options = optionsOf(request);
      const interest = parseChannel(name, this.#ports.defaultDatabase);
      this.#ports.authorize(interest, options);
      this.#makeRoom(name);
      this.#join({ name, interest, options, membership: undefined, state: "pending" }, since, id);
    } catch (error) {
      this.#ports.refuse(error, id);
    }
  }

  #join(subscription: Subscription, since: Cursor | undefined, id: RequestId | undefined): void {
    const { name, interest, options } = subscription;
    this.#pending.set(name, subscription);
    const member = {
      joined: (joined: Joined) => this.#enter(subscription, joined, id),
      refused: (error: WireError) => {
        this.#remove(subscription);
        this.#ports.refuse(error, id);
      },
      deliver: this.#ports.deliver,
    };
    try {
      const membership = this.#ports.channels.join({ name, interest, options, since }, member);
      subscription.membership = membership;
    } catch (error) {
      this.#remove(subscription);
      throw error;
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

  #enter(subscription: Subscription, joined: Joined, id: RequestId | undefined): void {
    const { name: channel } = subscription;
    this.#joined.get(channel)?.membership?.leave();
    this.#remove(subscription);
    subscription.state = "joined";
    this.#joined.set(channel, subscription);
    const { epoch, offset, resumed, gap, replay } = joined;
    this.#ports.send({
      type: "subscribed",
      ...(id === undefined ? {} : { id }),
      channel,
      epoch,
      offset,
      ...(resumed === undefined ? {} : { resumed }),
    });
    if (gap !== undefined) this.#ports.send({ type: "gap", channel, ...gap });
    for (const messages of replay) this.#ports.deliver(messages);
  }

  #leave(subscription: Subscription): void {
    this.#remove(subscription);
    subscription.membership?.leave();
    if (subscription.state === "joined") this.#ports.forget(subscription.name);
    subscription.state = "left";
  }

  #remove(subscription: Subscription): void {
    const { name, state } = subscription;
    const map = state === "joined" ? this.#joined : this.#pending;
    if (map.get(name) === subscription) map.delete(name);
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
