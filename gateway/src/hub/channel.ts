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
import type { Epochs } from "./epoch.js";
import { type EventTail, type EventTexts, withState } from "./event-text.js";
import { type Keys, keysOf } from "./keys.js";
import type { CanonicalOptions } from "./options.js";
import { PendingValues } from "./pending-values.js";
import type {
  HubPorts,
  HubSettings,
  Notification,
  Snapshot,
  SourceGap,
  SourceListener,
  SourceSubscription,
} from "./ports.js";
import { Resync } from "./resync.js";
import { type Member, Seat } from "./seat.js";
import { type Joined, MAX_BATCH_BYTES, Stream } from "./stream.js";

export interface Membership {
  /** What the channel was told before is still delivered, before this returns; nothing after. */
  leave(): void;
  /**
   * Has a new snapshot taken for the member alone, which did not get what came before this.
   *
   * @returns false where the channel has no snapshots, or the member is not on it
   */
  resync(): boolean;
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

export class Channel implements SourceListener {
  readonly #subject: ChannelSubject;
  readonly #port: ChannelPort;
  readonly #events: ReadonlySet<string> | undefined;
  readonly #epoch: string;
  readonly #stream: Stream;
  readonly #waiting = new Set<Seat>();
  readonly #members = new Set<Seat>();
  /** On channels that deliver values. */
  readonly #values: PendingValues | undefined;
  /** On channels that asked for a snapshot. */
  readonly #resync: Resync | undefined;
  /** A gap came while nobody was there: whoever comes is owed its snapshot. */
  #isOwed = false;
  /** Since when every event of the channel's keys was seen. */
  #liveSince = 0;
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
    const { value, snapshot } = subject.options;
    this.#values = value ? this.#newValues() : undefined;
    this.#resync = snapshot ? this.#newResync() : undefined;
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
    const seat = new Seat(member, since);
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
    return { leave: () => this.#leave(seat), resync: () => this.#resyncOne(seat) };
  }

  /** Hands the members what has come since the last time. */
  flush(): void {
    this.#values?.launch();
    const batch = this.#stream.take();
    if (batch === undefined || this.#members.size === 0) return;
    const { entries } = batch;
    const since = entries[0]?.to ?? 0;
    this.#port.ports.report.delivered(entries.length, this.#members.size, since);
    for (const seat of this.#members) seat.deliver(batch);
  }

  #seat(seat: Seat): void {
    // Those before get what came before; the new one starts right behind it.
    this.flush();
    this.#members.add(seat);
    const joined = this.#stream.resume(seat.since);
    if (this.#resync === undefined) {
      seat.member.joined(joined);
    } else if (joined.resumed) {
      seat.member.joined(joined);
      if (this.#isOwed) this.#begin(this.#resync);
    } else {
      this.#seatWithKeys(seat, joined);
    }
  }

  /** The member's messages wait behind a snapshot that is taken after its place was. */
  #seatWithKeys(seat: Seat, joined: Joined): void {
    // What is kept is older than the snapshot: a gap that stands for all of it comes instead.
    const { gap } = joined;
    const offset = this.#stream.offset;
    const missed = gap?.missed == null ? null : gap.missed + offset - gap.offset;
    const answer: Joined = gap
      ? { ...joined, replay: [], gap: { ...gap, missed, offset } }
      : joined;
    this.#takeFor(
      seat,
      (keys) => seat.member.joined({ ...answer, ...keys }),
      (error) => {
        this.#members.delete(seat);
        seat.member.refused(this.#asWireError(error));
        this.#lingerIfEmpty();
      },
    );
  }

  #resyncOne(seat: Seat): boolean {
    if (this.#resync === undefined || !this.#members.has(seat)) return false;
    // The one that is being taken will do.
    if (seat.isHolding) return true;
    this.flush();
    const at = { epoch: this.#epoch, offset: this.#stream.offset };
    this.#takeFor(
      seat,
      (keys) => seat.member.resynced(at, keys),
      (error) => {
        this.#port.ports.report.fault(this.#subject.name, error);
        seat.release();
      },
    );
    return true;
  }

  #takeFor(seat: Seat, done: (keys: Keys) => void, failed: (error: unknown) => void): void {
    seat.hold();
    this.#take().then(
      (snapshot) => {
        if (!this.#members.has(seat)) return;
        if (seat.isFull) {
          failed(new WireError("unavailable", "the channel changes faster than its keys are read"));
          return;
        }
        done(keysOf(snapshot));
        seat.release();
      },
      (error) => {
        if (this.#members.has(seat)) failed(error);
      },
    );
  }

  #leave(seat: Seat): void {
    this.#waiting.delete(seat);
    if (!this.#members.has(seat)) return;
    // Who goes over to another channel starts there behind what this one was told.
    this.flush();
    this.#members.delete(seat);
    this.#lingerIfEmpty();
  }

  #lingerIfEmpty(): void {
    if (this.#members.size === 0 && this.#state.name === "live") this.#linger(this.#state.upstream);
  }

  // Messages

  notification(notification: Notification): void {
    if (this.#state.name === "closed") return;
    if (this.#events !== undefined && !this.#events.has(notification.event)) return;
    const tail = this.#port.events.tailOf(notification);
    if (tail === undefined) return;
    if (this.#values === undefined) this.#event(tail, notification.receivedAt);
    else this.#values.add(notification);
  }

  gap(gap: SourceGap): void {
    if (this.#state.name === "closed") return;
    this.#resync?.release();
    this.#append(() => this.#stream.gap(gap));
    this.#port.ports.report.gap(gap.reason);
    this.#liveSince = this.#port.ports.values.mark();
    if (this.#resync !== undefined) this.#begin(this.#resync);
  }

  #event(tail: EventTail, at: number): void {
    const append = () => this.#append(() => this.#stream.event(tail, at));
    if (this.#resync === undefined) append();
    else this.#resync.pass(append);
  }

  #append(append: () => void): void {
    const isFirst = this.#stream.pendingBytes === 0;
    append();
    if (this.#stream.pendingBytes > MAX_BATCH_BYTES) this.flush();
    else if (isFirst) this.#port.due(this);
  }

  // Values

  #newValues(): PendingValues {
    const { values, report, clock } = this.#port.ports;
    return new PendingValues({
      read: ({ db, key, event }) => values.read(db, key, event),
      due: () => this.#port.due(this),
      landed: ({ notification, count }, state) => {
        const tail = this.#port.events.tailOf(notification);
        if (tail === undefined) return;
        const { db, key, receivedAt } = notification;
        if (state === undefined) {
          // The event is told all the same, and that something of it is missing.
          this.#event(tail, receivedAt);
          this.gap({ reason: "node_lost", from: receivedAt, to: clock.now() });
          return;
        }
        values.delivered(db, key, state);
        this.#event(withState(tail, state, count), receivedAt);
      },
      failed: (error) => report.fault(this.#subject.name, error),
    });
  }

  #newResync(): Resync {
    const { clock, report } = this.#port.ports;
    return new Resync({
      clock,
      take: () => this.#take(),
      append: (snapshot) => {
        this.#append(() => this.#stream.snapshot(keysOf(snapshot), clock.now()));
      },
      failed: (error) => report.fault(this.#subject.name, error),
    });
  }

  /** While nobody is there, whoever comes first is owed it. */
  #begin(resync: Resync): void {
    this.#isOwed = this.#members.size === 0;
    if (!this.#isOwed) resync.begin();
  }

  async #take(): Promise<Snapshot> {
    const { values } = this.#port.ports;
    const { interest, options } = this.#subject;
    return values.snapshot(interest, options.snapshot ?? 0, this.#liveSince);
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
    this.#liveSince = this.#port.ports.values.mark();
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
    this.#values?.close();
    this.#resync?.close();
    this.#port.closed(this);
  }
}
