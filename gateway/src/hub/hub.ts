import type { ChannelOptions, Cursor, Interest, Timer } from "@keywire/shared";
import { WireError } from "@keywire/shared";
import { Blocks } from "./blocks.js";
import { Channel } from "./channel.js";
import type { ChannelPort, ChannelStatus } from "./channel-port.js";
import { Epochs } from "./epoch.js";
import { EventTexts } from "./event-text.js";
import { type CanonicalOptions, canonicalOptions } from "./options.js";
import type { HubPorts, HubSettings } from "./ports.js";
import { Retention } from "./retention.js";
import type { Member, Membership } from "./seat.js";
import { Turns } from "./turns.js";

/** ms between two looks for messages that are too old, at the least. */
const MIN_PRUNE_INTERVAL = 1_000;
/** Channels that are made to keep less at the end of one turn, where all keep too much: no turn is to take long. */
const SHED_AT_ONCE = 64;

export interface JoinRequest {
  readonly name: string;
  /** What the name stands for. */
  readonly interest: Interest;
  readonly options: ChannelOptions;
  /** Where to go on from. */
  readonly since?: Cursor | undefined;
}

/**
 * All channels, one for each name and options that somebody is on, or was on a moment ago.
 *
 * A channel that has closed is forgotten at once, while the source may still be letting go of it:
 * who comes then gets a new channel with an epoch and a subscription of its own.
 */
export class Hub {
  readonly #ports: HubPorts;
  readonly #settings: HubSettings;
  readonly #channelPort: ChannelPort;
  readonly #channels = new Map<string, Channel>();
  readonly #retention: Retention;
  /**
   * Keys of those channels whose turn is still to come in this round, where all keep too much. An iterator that
   * rests would keep alive all that were closed since.
   */
  #round: string[] = [];
  #pruning: Timer | undefined;
  #state: "open" | "closed" = "open";

  constructor(ports: HubPorts, settings: HubSettings) {
    this.#ports = ports;
    this.#settings = settings;
    const { historyMemory, historyTtl } = settings;
    const retention = new Retention(historyMemory, historyTtl, ports.clock.now());
    this.#retention = retention;
    const epochs = new Epochs(ports.life);
    const events = new EventTexts((notification) => {
      ports.report.received();
      ports.values.seen(notification);
    });
    this.#channelPort = {
      ports,
      settings,
      epochs,
      streams: {
        bounds: { ...settings, retention, blocks: new Blocks() },
        events,
        now: () => ports.clock.now(),
        isOwnEpoch: (epoch) => epochs.isOwn(epoch),
      },
      events,
      turns: new Turns(ports.endOfTurn, () => {
        if (retention.isOver) this.#shed();
      }),
      closed: (channel) => {
        if (this.#channels.get(channel.key) === channel) this.#channels.delete(channel.key);
      },
    };
  }

  /**
   * Puts a member on a channel, which opens for the first one. The answer comes to the member,
   * before this returns where the channel is open already.
   *
   * @throws WireError `bad_request` or `unsupported` where the options are not served
   */
  join({ name, interest, options, since }: JoinRequest, member: Member): Membership {
    if (this.#state === "closed") throw new WireError("unavailable", "the gateway is stopping");
    const canonical = canonicalOptions(options, interest.kind);
    const key = channelKey(name, canonical);
    const known = this.#channels.get(key);
    if (known !== undefined) return known.join(member, since);
    const channel = this.#create(key, name, interest, canonical);
    const membership = channel.join(member, since);
    void channel.open();
    return membership;
  }

  get size(): number {
    return this.#channels.size;
  }

  /** Bytes of memory that the messages take which are kept. */
  get historyBytes(): number {
    return this.#retention.bytes;
  }

  channels(): ChannelStatus[] {
    return [...this.#channels.values()].map(({ status }) => status);
  }

  /** Ends all channels; resolves when the source has let go of them. */
  async close(): Promise<void> {
    this.#state = "closed";
    this.#pruning?.cancel();
    this.#pruning = undefined;
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
  }

  #create(key: string, name: string, interest: Interest, options: CanonicalOptions): Channel {
    const channel = new Channel(key, { name, interest, options }, this.#channelPort);
    this.#channels.set(key, channel);
    this.#pruneLater();
    return channel;
  }

  /** Has some channels forget the oldest; the others have their turn as long as it is too much. */
  #shed(): void {
    const now = this.#ports.clock.now();
    const moment = this.#retention.cutoff(now);
    let shed = 0;
    for (let visits = 0; visits < SHED_AT_ONCE && this.#retention.isOver; visits++) {
      shed += this.#next()?.shed(moment, now) ?? 0;
    }
    if (shed > 0) this.#ports.report.shed(shed);
  }

  #next(): Channel | undefined {
    if (this.#round.length === 0) this.#round = [...this.#channels.keys()];
    return this.#channels.get(this.#round.pop() ?? "");
  }

  /** One timer for all channels, and none while there are no channels. */
  #pruneLater(): void {
    if (this.#pruning !== undefined || this.#state === "closed") return;
    const interval = Math.max(MIN_PRUNE_INTERVAL, this.#settings.historyTtl / 2);
    this.#pruning = this.#ports.clock.after(interval, () => {
      this.#pruning = undefined;
      for (const channel of this.#channels.values()) channel.prune();
      if (this.#channels.size > 0) this.#pruneLater();
    });
  }
}

/** Equal for channels that share their bytes. */
function channelKey(name: string, options: CanonicalOptions): string {
  return `${JSON.stringify(options)} ${name}`;
}
