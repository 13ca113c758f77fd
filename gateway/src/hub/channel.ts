/**
 * One channel: its subscription at the source, and its members.
 *
 * States: `opening` (the source has not acknowledged, members wait), `live` (members are served),
 * `lingering` (nobody is left, messages are still numbered and kept), `closed` (for good: a new
 * channel takes the name). Ways: opening to live, lingering or closed; live and lingering to each
 * other; all to closed.
 *
 * Failure: where the source refuses, all that wait are refused with its error and the channel
 * closes. Where it will not let go, that is reported, and what it still tells is ignored.
 *
 * Bounds: what waits for the end of the turn is handed out early when it makes a full batch; what
 * is kept has bounds of its own.
 */

import { type Cursor, type Interest, type Timer, WireError } from "@keywire/shared";
import type { Batch } from "./batch.js";
import type { Epochs } from "./epoch.js";
import type { EventTexts } from "./event-text.js";
import type { CanonicalOptions } from "./options.js";
import type {
  HubPorts,
  HubSettings,
  Notification,
  SourceGap,
  SourceListener,
  SourceSubscription,
} from "./ports.js";
import { type Joined, MAX_BATCH_BYTES, Stream } from "./stream.js";

/** Somebody who is told a channel's messages. */
export interface Member {
  /** Once, if at all, and before anything is delivered. */
  joined(joined: Joined): void;
  /** Once, instead of `joined`. */
  refused(error: WireError): void;
  /** Must not put anybody on the channel. */
  deliver(batch: Batch): void;
}

export interface Membership {
  /** What the channel was told before is still delivered, before this returns; nothing after. */
  leave(): void;
}

export interface ChannelStatus {
  readonly name: string;
  readonly options: CanonicalOptions;
  readonly interest: Interest;
  readonly state: "opening" | "live" | "lingering" | "closed";
  readonly epoch: string;
  readonly offset: number;
  readonly members: number;
  readonly history: { readonly messages: number; readonly bytes: number };
}

export interface ChannelSubject {
  readonly name: string;
  readonly interest: Interest;
  readonly options: CanonicalOptions;
}

/** What a channel needs of the hub. */
export interface ChannelPort {
  readonly ports: HubPorts;
  readonly settings: HubSettings;
  readonly epochs: Epochs;
  readonly events: EventTexts;
  /** Messages wait: flush it at the end of the turn. */
  due(channel: Channel): void;
  closed(channel: Channel): void;
}

type State =
  | { readonly name: "opening" }
  | { readonly name: "live"; readonly upstream: SourceSubscription }
  | { readonly name: "lingering"; readonly upstream: SourceSubscription; readonly timer: Timer }
  | { readonly name: "closed" };

interface Seat {
  readonly member: Member;
  readonly since: Cursor | undefined;
}

export class Channel implements SourceListener {
  readonly #subject: ChannelSubject;
  readonly #port: ChannelPort;
  readonly #events: ReadonlySet<string> | undefined;
  readonly #epoch: string;
  readonly #stream: Stream;
  readonly #waiting = new Set<Seat>();
  readonly #members = new Set<Seat>();
  #state: State = { name: "opening" };

  constructor(subject: ChannelSubject, port: ChannelPort) {
    const { clock } = port.ports;
    this.#subject = subject;
    this.#port = port;
    this.#events = subject.options.events && new Set(subject.options.events);
    this.#epoch = port.epochs.next(clock.now());
    this.#stream = new Stream({
      channel: subject.name,
      epoch: this.#epoch,
      bounds: port.settings,
      now: () => clock.now(),
      isOwnEpoch: (epoch) => port.epochs.isOwn(epoch),
    });
  }

  get status(): ChannelStatus {
    return {
      ...this.#subject,
      state: this.#state.name,
      epoch: this.#epoch,
      offset: this.#stream.offset,
      members: this.#members.size,
      history: this.#stream.kept,
    };
  }

  // Members

  /** Where the channel is open already, `joined` is told before this returns. */
  join(member: Member, since: Cursor | undefined): Membership {
    const seat: Seat = { member, since };
    switch (this.#state.name) {
      case "opening":
        this.#waiting.add(seat);
        break;
      case "lingering":
        this.#enter({ name: "live", upstream: this.#state.upstream });
        this.#seat(seat);
        break;
      case "live":
        this.#seat(seat);
        break;
      case "closed":
        throw new Error(`the channel ${this.#subject.name} is closed`);
    }
    return { leave: () => this.#leave(seat) };
  }

  /** Hands the members what has come since the last time. */
  flush(): void {
    const batch = this.#stream.take();
    if (batch === undefined || this.#members.size === 0) return;
    this.#port.ports.report.delivered(batch.entries.length, this.#members.size);
    for (const { member } of this.#members) member.deliver(batch);
  }

  #seat(seat: Seat): void {
    // Those before get what came before; the new one starts right behind it.
    this.flush();
    this.#members.add(seat);
    seat.member.joined(this.#stream.resume(seat.since));
  }

  #leave(seat: Seat): void {
    this.#waiting.delete(seat);
    if (!this.#members.has(seat)) return;
    // Who goes over to another channel starts there behind what this one was told.
    this.flush();
    this.#members.delete(seat);
    if (this.#members.size === 0 && this.#state.name === "live") this.#linger(this.#state.upstream);
  }

  // Messages

  notification(notification: Notification): void {
    if (this.#state.name === "closed") return;
    if (this.#events !== undefined && !this.#events.has(notification.event)) return;
    const tail = this.#port.events.tailOf(notification);
    if (tail === undefined) return;
    const isFirst = this.#stream.pendingBytes === 0;
    this.#stream.event(tail, notification.receivedAt);
    this.#appended(isFirst);
  }

  gap(gap: SourceGap): void {
    if (this.#state.name === "closed") return;
    const isFirst = this.#stream.pendingBytes === 0;
    this.#stream.gap(gap);
    this.#port.ports.report.gap(gap.reason);
    this.#appended(isFirst);
  }

  #appended(isFirst: boolean): void {
    if (this.#stream.pendingBytes > MAX_BATCH_BYTES) this.flush();
    else if (isFirst) this.#port.due(this);
  }

  /** Forgets what is too old to be kept. */
  prune(): void {
    this.#stream.prune();
  }

  // Life

  /** Asks the source; to be called once. */
  async open(): Promise<void> {
    const { source, clock, report } = this.#port.ports;
    const asked = clock.now();
    let upstream: SourceSubscription;
    try {
      upstream = await source.subscribe(this.#subject.interest, this);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    report.acknowledged(clock.now() - asked);
    this.#opened(upstream);
  }

  /** Ends it at once, whoever is on it; resolves when the source has let go. */
  async close(): Promise<void> {
    const state = this.#state;
    if (state.name === "closed") return;
    this.#enter({ name: "closed" });
    if ("upstream" in state) await this.#release(state.upstream);
  }

  #opened(upstream: SourceSubscription): void {
    if (this.#state.name === "closed") {
      void this.#release(upstream);
    } else if (this.#waiting.size === 0) {
      this.#linger(upstream);
    } else {
      this.#enter({ name: "live", upstream });
      for (const seat of this.#waiting) {
        // Whoever is told may make others leave.
        if (this.#waiting.delete(seat)) this.#seat(seat);
      }
    }
  }

  #refuse(cause: unknown): void {
    if (this.#state.name === "closed") return;
    const seats = [...this.#waiting];
    this.#enter({ name: "closed" });
    const error = this.#asWireError(cause);
    for (const { member } of seats) member.refused(error);
  }

  #asWireError(cause: unknown): WireError {
    if (cause instanceof WireError) return cause;
    this.#port.ports.report.fault(this.#subject.name, cause);
    return new WireError("internal", "the gateway failed to subscribe; try again later", { cause });
  }

  #linger(upstream: SourceSubscription): void {
    const { clock } = this.#port.ports;
    const timer = clock.after(this.#port.settings.linger, () => void this.close());
    this.#enter({ name: "lingering", upstream, timer });
  }

  async #release(upstream: SourceSubscription): Promise<void> {
    try {
      await upstream.unsubscribe();
    } catch (error) {
      this.#port.ports.report.fault(this.#subject.name, error);
    }
  }

  /** The one place where the state changes. */
  #enter(state: State): void {
    if (this.#state.name === "lingering") this.#state.timer.cancel();
    this.#state = state;
    if (state.name !== "closed") return;
    this.#waiting.clear();
    this.#members.clear();
    this.#port.closed(this);
  }
}
