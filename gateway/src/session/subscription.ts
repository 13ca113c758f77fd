import type { ChannelOptions, Cursor, Interest, WireError } from "@keywire/shared";
import type { RequestId } from "./client-message.js";
import type { Outbox } from "./outbox.js";
import type { Joined, Keys, Member, Membership, Messages } from "./ports.js";

/** Whom a subscription tells. */
export interface SubscriptionPort {
  joined(subscription: Subscription, joined: Joined): void;
  refused(subscription: Subscription, error: WireError): void;
  /** The client does not read, and no more may wait for it. */
  overflowed(): void;
  resynced(subscription: Subscription, at: Cursor, keys: Keys): void;
}

/** One client's place on one channel: asked for, joined, left. */
export class Subscription implements Member {
  #state: "there" | "left" = "there";
  /** The client's. */
  readonly #outbox: Outbox;
  readonly name: string;
  readonly interest: Interest;
  readonly options: ChannelOptions;
  /** Of the request that it answers. */
  readonly id: RequestId | undefined;
  readonly #port: SubscriptionPort;
  #membership: Membership | undefined;
  /** Of the channel it is on, once it was joined. */
  epoch: string | undefined;

  constructor(
    about: {
      readonly name: string;
      readonly interest: Interest;
      readonly options: ChannelOptions;
      readonly id: RequestId | undefined;
    },
    outbox: Outbox,
    port: SubscriptionPort,
  ) {
    this.#outbox = outbox;
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
    this.epoch = joined.epoch;
    if (this.#state === "there") this.#port.joined(this, joined);
  }

  refused(error: WireError): void {
    if (this.#state === "there") this.#port.refused(this, error);
  }

  lookAhead(): number {
    return this.#outbox.bytes;
  }

  deliver(messages: Messages): void {
    if (this.#state === "there" && !this.#outbox.push(messages)) this.#port.overflowed();
  }

  resynced(at: Cursor, keys: Keys): void {
    if (this.#state === "there") this.#port.resynced(this, at, keys);
  }

  resync(): boolean {
    return this.#membership?.resync() ?? false;
  }

  /**
   * What the channel was told before is still delivered.
   *
   * @returns since when there are events that do not come any more: see `Membership`
   */
  leave(): number | undefined {
    const since = this.#membership?.leave();
    this.#state = "left";
    return since;
  }
}
