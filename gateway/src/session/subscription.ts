import type { ChannelOptions, Cursor, Interest, WireError } from "@keywire/shared";
import type { RequestId } from "./client-message.js";
import type { Joined, Keys, Member, Membership, Messages } from "./ports.js";

/** Whom a subscription tells. */
export interface SubscriptionPort {
  joined(subscription: Subscription, joined: Joined): void;
  refused(subscription: Subscription, error: WireError): void;
  deliver(messages: Messages): void;
  resynced(subscription: Subscription, at: Cursor, keys: Keys): void;
}

/** One client's place on one channel: asked for, joined, left. */
export class Subscription implements Member {
  readonly name: string;
  readonly interest: Interest;
  readonly options: ChannelOptions;
  /** Of the request that it answers. */
  readonly id: RequestId | undefined;
  readonly #port: SubscriptionPort;
  #state: "there" | "left" = "there";
  #membership: Membership | undefined;

  constructor(
    about: {
      readonly name: string;
      readonly interest: Interest;
      readonly options: ChannelOptions;
      readonly id: RequestId | undefined;
    },
    port: SubscriptionPort,
  ) {
    this.name = about.name;
    this.interest = about.interest;
    this.options = about.options;
    this.id = about.id;
    this.#port = port;
  }

  /** Holds it; where it was told and left before there was anything to hold, lets go at once. */
  hold(membership: Membership): void {
    this.#membership = membership;
    if (this.#state === "left") membership.leave();
  }

  joined(joined: Joined): void {
    if (this.#state === "there") this.#port.joined(this, joined);
  }

  refused(error: WireError): void {
    if (this.#state === "there") this.#port.refused(this, error);
  }

  deliver(messages: Messages): void {
    if (this.#state === "there") this.#port.deliver(messages);
  }

  resynced(at: Cursor, keys: Keys): void {
    if (this.#state === "there") this.#port.resynced(this, at, keys);
  }

  resync(): boolean {
    return this.#membership?.resync() ?? false;
  }

  /** What the channel was told before is still delivered. */
  leave(): void {
    this.#membership?.leave();
    this.#state = "left";
  }
}
