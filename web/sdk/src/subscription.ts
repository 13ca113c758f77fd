import type { SequencedMessage } from "@keywire/shared";
import type { StateChange, Subscription, SubscriptionEvents, SubscriptionState } from "./api.js";
import { Backlog } from "./backlog.js";
import { Emitter } from "./emitter.js";
import type { KeywireError } from "./errors.js";
import { isOver } from "./over.js";

/** The channel behind a subscription, which several may share. */
export interface ChannelPort {
  readonly name: string;
  readonly state: SubscriptionState;
  /** The offset of the newest message; undefined before the first answer. */
  readonly offset: number | undefined;
  /** How many messages a loop may fall behind. */
  readonly buffer: number;
  now(): number;
  /** Asks for a new snapshot where the channel has snapshots. */
  refresh(): void;
  leave(subscription: ChannelSubscription): void;
}

/** One application's hold on a channel: its listeners and its loops. */
export class ChannelSubscription extends Emitter<SubscriptionEvents> implements Subscription {
  readonly #channel: ChannelPort;
  readonly #backlogs = new Set<Backlog>();
  /** How it ended; while it is undefined, the channel's state is this one's. */
  #ended: StateChange<SubscriptionState> | undefined;
  #error: KeywireError | undefined;

  constructor(channel: ChannelPort) {
    super();
    this.#channel = channel;
  }

  get channel(): string {
    return this.#channel.name;
  }

  get state(): SubscriptionState {
    return (this.#ended ?? this.#channel).state;
  }

  close(): void {
    const previous = this.state;
    this.#channel.leave(this);
    this.changed({ state: "closed", previous, reason: "" });
  }

  [Symbol.asyncIterator](): Backlog {
    const backlog = new Backlog(this.#channel, () => this.#backlogs.delete(backlog));
    this.#backlogs.add(backlog);
    if (this.#ended !== undefined) backlog.end(this.#error);
    return backlog;
  }

  receive(message: SequencedMessage): void {
    // A listener of another subscription may have closed this one just now.
    if (this.#ended !== undefined) return;
    for (const backlog of this.#backlogs) backlog.push(message);
    this.emit(message.type, message);
  }

  /** Takes note of the channel's state; its end is this one's, whose loops end or throw the error. */
  changed(change: StateChange<SubscriptionState>, error?: KeywireError): void {
    if (this.#ended !== undefined) return;
    if (isOver(change)) {
      this.#ended = change;
      this.#error = error;
      for (const backlog of this.#backlogs) backlog.end(error);
    }
    this.emit("state", change);
  }
}
