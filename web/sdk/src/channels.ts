import type { ChannelOptions, GatewayMessage, SubscribeMessage } from "@keywire/shared";
import type { Subscription } from "./api.js";
import { Channel, type ChannelHost } from "./channel.js";
import { KeywireError } from "./errors.js";
import { canonical } from "./options.js";

/** What channels need of the connection, but for what they have of each other. */
export type ChannelsPort = Omit<ChannelHost, "nextId" | "ended">;

/** All channels of one connection, by name: the protocol has at most one of each. */
export class Channels {
  readonly #host: ChannelHost;
  readonly #channels = new Map<string, Channel>();

  constructor(port: ChannelsPort) {
    let lastId = 0;
    this.#host = {
      ...port,
      nextId: () => ++lastId,
      ended: ({ name }) => this.#channels.delete(name),
    };
  }

  get size(): number {
    return this.#channels.size;
  }

  /** @throws Error when the channel is open with other options */
  subscribe(name: string, wanted: ChannelOptions): Subscription {
    const want = canonical(wanted);
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = new Channel(this.#host, name, want);
      this.#channels.set(name, channel);
      channel.restore();
    }
    if (channel.options === want) return channel.join();
    const open = `${name} is open with the options ${channel.options}`;
    throw new Error(`${open}: close it before asking for ${want}`);
  }

  /** The connection is open: asks for all that it was not asked for. */
  restore(): void {
    for (const channel of this.#all()) channel.restore();
  }

  /** A subscribe for each channel that may be asked for, for a transport that starts with all of them. */
  requests(): SubscribeMessage[] {
    return this.#all()
      .filter((channel) => !channel.rests)
      .map((channel) => channel.request());
  }

  lost(reason: string): void {
    for (const channel of this.#all()) channel.lost(reason);
  }

  close(error?: KeywireError): void {
    for (const channel of this.#all()) channel.end(error);
  }

  receive(message: GatewayMessage): void {
    switch (message.type) {
      case "event":
      case "gap":
      case "snapshot":
        this.#channels.get(message.channel)?.receive(message);
        break;
      case "subscribed":
        this.#awaiting(message.id)?.subscribed(message);
        break;
      case "unsubscribed":
        // One with an id answers a request to leave; the channel is gone already.
        if (message.id === undefined) this.#channels.get(message.channel)?.refused(message);
        break;
      case "error":
        if (message.id === undefined) {
          this.#host.error(new KeywireError(message.code, message.message));
        } else {
          // Where nobody awaits it, it answers what has been given up since.
          this.#awaiting(message.id)?.refused(message);
        }
    }
  }

  #all(): Channel[] {
    return [...this.#channels.values()];
  }

  #awaiting(id: number | string | undefined): Channel | undefined {
    return this.#all().find((channel) => id !== undefined && channel.awaits(id));
  }
}
