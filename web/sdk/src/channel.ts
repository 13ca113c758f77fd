import {
  backoffDelay,
  type ClientMessage,
  type Clock,
  type Cursor,
  type ErrorCode,
  RECONNECT_BACKOFF,
  type SequencedMessage,
  type SubscribedMessage,
  type SubscribeMessage,
  type Timer,
} from "@keywire/shared";
import type { SubscriptionState } from "./api.js";
import { KeywireError } from "./errors.js";
import { wantsSnapshot } from "./options.js";
import { isOver } from "./over.js";
import { ChannelStream, type Fault, type StreamPort } from "./stream.js";
import { type ChannelPort, ChannelSubscription } from "./subscription.js";

/** What a channel needs of the connection. */
export interface ChannelHost {
  readonly clock: Clock;
  readonly random: () => number;
  /** How many messages a loop may fall behind. */
  readonly buffer: number;
  nextId(): number;
  /** Whether it was sent; what was not is asked for again when the connection opens. */
  send(message: ClientMessage): boolean;
  /** An error that none of the channel's subscriptions listens to. */
  error(error: KeywireError): void;
  /** The channel is over. */
  ended(channel: Channel): void;
}

interface Refusal {
  readonly code?: ErrorCode;
  readonly message?: string;
}

/** A subscribe that waits for its answer. */
interface Request {
  readonly id: number;
  readonly since: Cursor | undefined;
}

interface Phase {
  readonly state: SubscriptionState;
  readonly request?: Request;
  readonly retry?: Timer;
}

/** Refusals that asking again does not mend; all others are asked again after a while. */
const FINAL: readonly ErrorCode[] = [
  "bad_request",
  "forbidden",
  "unsupported",
  "limit_exceeded",
  "notifications_disabled",
];

/** One channel, shared by all subscriptions to its name: asks the gateway for it, and asks again. */
export class Channel implements ChannelPort, StreamPort {
  readonly name: string;
  /** As canonical JSON. */
  readonly options: string;
  readonly buffer: number;
  readonly #host: ChannelHost;
  readonly #subscriptions = new Set<ChannelSubscription>();
  readonly #stream: ChannelStream;
  #phase: Phase = { state: "pending" };
  /** Refusals and jumps since the last message that was in order: they slow down asking again. */
  #faults = 0;
  /** Somebody waits for a snapshot, which resuming does not bring. */
  #snapshotDue = false;

  constructor(host: ChannelHost, name: string, options: string) {
    this.#host = host;
    this.name = name;
    this.options = options;
    this.buffer = host.buffer;
    this.#stream = new ChannelStream(this);
  }

  get state(): SubscriptionState {
    return this.#phase.state;
  }

  /** It was refused for a while, and is not to be asked for before that is over. */
  get rests(): boolean {
    return this.#phase.retry !== undefined;
  }

  get offset(): number | undefined {
    return this.#stream.cursor?.offset;
  }

  now(): number {
    return this.#host.clock.now();
  }

  join(): ChannelSubscription {
    const subscription = new ChannelSubscription(this);
    this.#subscriptions.add(subscription);
    // The newcomer has missed the snapshot that the first one was sent.
    if (this.offset !== undefined) this.refresh();
    return subscription;
  }

  leave(subscription: ChannelSubscription): void {
    this.#subscriptions.delete(subscription);
    if (this.#subscriptions.size > 0 || isOver(this)) return;
    this.end();
    this.#host.send({ type: "unsubscribe", id: this.#host.nextId(), channel: this.name });
  }

  refresh(): void {
    if (!this.#hasSnapshots) return;
    this.#snapshotDue = true;
    if (this.state === "live" && this.#phase.request === undefined) this.#ask();
  }

  /** The connection is open: asks, unless an answer is awaited already, or it rests. */
  restore(): void {
    if (this.state === "pending" && this.#phase.request === undefined && !this.rests) this.#ask();
  }

  /** The connection is gone, and every request with it. */
  lost(reason: string): void {
    this.#enter({ state: "pending" }, reason);
  }

  /** The subscribe that brings the channel up to date; its answer is awaited from now on. */
  request(): SubscribeMessage {
    const id = this.#host.nextId();
    const refreshing = this.#snapshotDue && this.state === "live";
    const since = refreshing ? undefined : this.#stream.cursor;
    this.#enter({ state: refreshing ? "live" : "pending", request: { id, since } });
    return {
      type: "subscribe",
      id,
      channel: this.name,
      ...JSON.parse(this.options),
      ...(since && { since }),
    };
  }

  awaits(id: number | string): boolean {
    return this.#phase.request?.id === id;
  }

  subscribed(answer: SubscribedMessage): void {
    const since = this.#phase.request?.since;
    this.#enter({ state: "live" });
    // Whatever it brought: asking once more would bring the same.
    if (since === undefined) this.#snapshotDue = false;
    this.#stream.begin(answer, since);
    if (this.#snapshotDue) this.refresh();
    // Where keys should have come, too many wait for the client: they come behind a gap.
    if (since === undefined && answer.snapshot === undefined)
      this.#snapshotDue = this.#hasSnapshots;
  }

  receive(message: SequencedMessage): void {
    // What an abandoned subscribe still brings comes again: `since` asks for it.
    if (this.state !== "live") return;
    if (!this.#stream.receive(message)) this.#askLater();
  }

  /** The gateway refused the subscribe, or ended the subscription. */
  refused({ code = "internal", message = "the gateway ended it" }: Refusal): void {
    const error = this.#errorOf(code, message);
    if (FINAL.includes(code)) this.#enter({ state: "refused" }, message, error);
    else this.#askLater(message);
    this.#report(error);
  }

  end(error?: KeywireError): void {
    this.#enter({ state: "closed" }, error?.message, error);
  }

  deliver(message: SequencedMessage): void {
    this.#faults = 0;
    // Should the connection be lost before it comes, resuming behind such a gap does not bring it.
    if (message.type === "snapshot") this.#snapshotDue = false;
    if ("missed" in message) this.#snapshotDue = this.#hasSnapshots;
    for (const subscription of [...this.#subscriptions]) subscription.receive(message);
  }

  fault(code: Fault, what: string): void {
    this.#report(this.#errorOf(code, what));
  }

  get #hasSnapshots(): boolean {
    return wantsSnapshot(this.name, JSON.parse(this.options));
  }

  #ask(): void {
    const message = this.request();
    // Listeners may end the channel in the middle of anything.
    if (!isOver(this) && !this.#host.send(message)) this.lost("");
  }

  /** Asks again soon after a first fault, later and later while nothing comes right between. */
  #askLater(reason = ""): void {
    if (isOver(this)) return;
    const delay = backoffDelay(RECONNECT_BACKOFF, this.#faults++, this.#host.random());
    const retry = this.#host.clock.after(delay, () => this.#ask());
    this.#enter({ state: "pending", retry }, reason);
  }

  #errorOf(code: ErrorCode | Fault, what: string): KeywireError {
    return new KeywireError(code, `channel "${this.name}": ${what}`, this.name);
  }

  #report(error: KeywireError): void {
    const heard = [...this.#subscriptions].map((subscription) => subscription.emit("error", error));
    if (!heard.includes(true)) this.#host.error(error);
  }

  /** The one place where the phase changes; nothing leads out of an end. */
  #enter(phase: Phase, reason = "", error?: KeywireError): void {
    if (isOver(this)) return;
    const { state: previous, retry } = this.#phase;
    retry?.cancel();
    this.#phase = phase;
    const { state } = phase;
    if (isOver(this)) this.#host.ended(this);
    if (state === previous) return;
    for (const subscription of [...this.#subscriptions]) {
      subscription.changed({ state, previous, reason }, error);
    }
  }
}
