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

import {
  type Cursor,
  countOf,
  type Few,
  isAmong,
  soleOf,
  type Timer,
  visitEach,
  WireError,
  withNone,
  withOne,
  withoutOne,
} from "@keywire/shared";
import type { Batch } from "./batch.js";
import type { ChannelPort, ChannelStatus, ChannelSubject } from "./channel-port.js";
import { Convergence } from "./convergence.js";
import { type EventTail, withState } from "./event-text.js";
import { PendingValues } from "./pending-values.js";
import type {
  Notification,
  Snapshot,
  SourceGap,
  SourceListener,
  SourceSubscription,
} from "./ports.js";
import { type Member, type Membership, type Receiver, Seat, type SeatOwner } from "./seat.js";
import { MAX_BATCH_BYTES, Stream } from "./stream.js";

type State = ChannelStatus["state"];

export class Channel implements SourceListener, SeatOwner {
  // What each event needs is together: of ten thousand channels, hardly any is in the processor's cache.
  #state: State = "opening";
  readonly #port: ChannelPort;
  readonly #events: ReadonlySet<string> | undefined;
  /** On channels that deliver values. */
  readonly #values: PendingValues | undefined;
  /** On channels that asked for a snapshot. */
  readonly #convergence: Convergence | undefined;
  readonly #stream: Stream;
  #members: Few<Receiver>;
  /** The turn in which its only member was told something at once. */
  #toldIn = -1;
  /** Since when every event of the channel's keys was seen. */
  #liveSince = 0;
  /** While it is live or lingers. */
  #upstream: SourceSubscription | undefined;
  /** While it lingers. */
  #timer: Timer | undefined;
  #waiting: Few<Seat>;
  readonly key: string;
  readonly #subject: ChannelSubject;

  /** @param key what the hub knows it by */
  constructor(key: string, subject: ChannelSubject, port: ChannelPort) {
    const { clock } = port.ports;
    this.key = key;
    this.#subject = subject;
    this.#port = port;
    this.#events = subject.options.events && new Set(subject.options.events);
    const epoch = port.epochs.next(clock.now());
    this.#stream = new Stream(subject.name, subject.interest, epoch, port.streams);
    const { value, snapshot } = subject.options;
    this.#values = value ? this.#newValues() : undefined;
    this.#convergence = snapshot ? this.#newConvergence() : undefined;
  }

  get status(): ChannelStatus {
    return {
      ...this.#subject,
      state: this.#state,
      epoch: this.#stream.epoch,
      offset: this.#stream.offset,
      members: countOf(this.#members),
      history: this.#stream.kept,
    };
  }

  // Members

  /** Where the channel is open already, `joined` is told before this returns. */
  join(member: Member, since: Cursor | undefined): Membership {
    const seat = new Seat(member, since, this, this.#convergence !== undefined);
    switch (this.#state) {
      case "opening":
        this.#waiting = withOne(this.#waiting, seat);
        break;
      case "lingering":
      case "live":
        this.#seat(seat);
        break;
      case "closed":
        throw new Error(`the channel ${this.#subject.name} is closed`);
    }
    return seat;
  }

  /** Hands the members what has come since the last time. */
  flush(): void {
    if (this.#values !== undefined) this.#turnValues(this.#values);
    const count = countOf(this.#members);
    const batch = this.#stream.take(count > 1);
    if (batch !== undefined && count > 0) this.#handOut(batch, count);
  }

  /** @param count of the members */
  #handOut(batch: Batch, count: number): void {
    const { entries } = batch;
    const since = entries[0]?.to ?? 0;
    this.#port.ports.report.delivered(entries.length, count, since);
    visitEach(this.#members, (receiver) => receiver.deliver(batch));
  }

  #seat(seat: Seat): void {
    // Those before get what came before; the new one starts right behind it.
    this.flush();
    // Only now: who was delivered to may have left, as the last one.
    if (this.#state === "lingering") this.#enter("live");
    this.#members = withOne(this.#members, seat.receiver);
    const joined = this.#stream.resume(seat.since);
    if (this.#convergence === undefined) seat.member.joined(joined);
    else this.#convergence.welcome(seat, joined);
  }

  resync(seat: Seat): boolean {
    if (this.#convergence === undefined || !this.#isSeated(seat)) return false;
    this.#convergence.renew(seat);
    return true;
  }

  #isSeated(seat: Seat): boolean {
    return isAmong(this.#members, seat.receiver);
  }

  #unseat(seat: Seat): void {
    this.#members = withoutOne(this.#members, seat.receiver);
  }

  leave(seat: Seat): number | undefined {
    this.#waiting = withoutOne(this.#waiting, seat);
    if (!this.#isSeated(seat)) return undefined;
    // Who goes over to another channel starts there behind what this one was told.
    this.flush();
    this.#unseat(seat);
    this.#lingerIfEmpty();
    return earliest(this.#values?.since, this.#convergence?.heldSince, seat.heldSince);
  }

  #lingerIfEmpty(): void {
    if (this.#members === undefined && this.#state === "live") this.#linger();
  }

  // Messages

  lookAhead(): number {
    const sole = soleOf(this.#members);
    return this.#stream.lookAhead() + (sole?.lookAhead?.() ?? 0);
  }

  notification(notification: Notification): void {
    if (this.#state === "closed") return;
    // What the channel does not tell makes a value that was read before old all the same.
    if (!this.#port.events.see(notification)) return;
    if (this.#events !== undefined && !this.#events.has(notification.event)) return;
    const tail = this.#port.events.tailOf(notification);
    if (this.#values === undefined) this.#event(tail, notification.receivedAt);
    else this.#values.add(notification, tail);
  }

  gap(gap: SourceGap): void {
    if (this.#state === "closed") return;
    this.#convergence?.beforeGap();
    this.#append(() => this.#stream.gap(gap));
    this.#port.ports.report.gap(gap.reason);
    this.#liveSince = this.#port.ports.values.mark();
    this.#convergence?.afterGap();
  }

  /** @param since when the first of those came that the message stands for */
  #event(tail: EventTail, at: number, since = at): void {
    if (this.#convergence === undefined) this.#tell(tail, at, since);
    else this.#convergence.pass(() => this.#tell(tail, at, since));
  }

  /** Where it has one member, the first of a turn is handed out at once: mostly there is no other. */
  #tell(tail: EventTail, at: number, since: number): void {
    const { pendingBytes } = this.#stream;
    if (pendingBytes === 0 && soleOf(this.#members) !== undefined) {
      const turn = this.#port.turns.current();
      if (this.#toldIn !== turn) {
        this.#toldIn = turn;
        this.#handOut(this.#stream.eventAlone(tail, at, since), 1);
        return;
      }
    }
    this.#stream.event(tail, at, since);
    this.#appended(pendingBytes);
  }

  #append(append: () => void): void {
    const before = this.#stream.pendingBytes;
    append();
    this.#appended(before);
  }

  /** @param before the bytes that waited before there was one message more */
  #appended(before: number): void {
    if (this.#stream.pendingBytes > MAX_BATCH_BYTES) this.flush();
    else if (before === 0) this.#port.turns.due(this);
  }

  // Values

  #newValues(): PendingValues {
    const { values, report } = this.#port.ports;
    return new PendingValues({
      read: ({ db, key, event }) => values.read(db, key, event),
      due: () => this.#port.turns.due(this),
      landed: ({ notification, tail, count, since }, state) => {
        const { db, key, receivedAt } = notification;
        this.#event(withState(tail, state, count), receivedAt, since);
        if (state !== undefined) values.delivered(db, key, state);
      },
      failed: (error) => report.fault(this.#subject.name, error),
    });
  }

  #newConvergence(): Convergence {
    const { clock, report } = this.#port.ports;
    return new Convergence({
      clock,
      take: () => this.#take(),
      isSeated: (seat) => this.#isSeated(seat),
      isEmpty: () => this.#members === undefined,
      place: () => {
        this.flush();
        return { epoch: this.#stream.epoch, offset: this.#stream.offset };
      },
      append: (keys) => this.#append(() => this.#stream.snapshot(keys, clock.now())),
      unseat: (seat, error) => {
        this.#unseat(seat);
        seat.member.refused(this.#asWireError(error));
        this.#lingerIfEmpty();
      },
      failed: (error) => report.fault(this.#subject.name, error),
    });
  }

  /** Has values read for what changed in this turn, and tells what could not be: one gap for all of a turn. */
  #turnValues(values: PendingValues): void {
    values.launch();
    const from = values.takeUnread();
    if (from === undefined) return;
    this.gap({ reason: "node_lost", from, to: this.#port.ports.clock.now() });
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

  /**
   * Forgets what happened up to a moment, ms since the Unix epoch.
   *
   * @returns how many messages
   */
  shed(moment: number, now: number): number {
    return this.#stream.shed(moment, now);
  }

  // Life

  /** Asks the source; to be called once. */
  async open(): Promise<void> {
    const { source, clock, report } = this.#port.ports;
    const asked = clock.now();
    let upstream: SourceSubscription;
    try {
      const { interest, options } = this.#subject;
      upstream = await source.subscribe(interest, this, options.events);
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
    if (this.#state === "closed") return;
    const upstream = this.#upstream;
    this.#enter("closed");
    if (upstream !== undefined) await this.#release(upstream);
  }

  #opened(upstream: SourceSubscription): void {
    if (this.#state === "closed") {
      void this.#release(upstream);
      return;
    }
    this.#upstream = upstream;
    if (this.#waiting === undefined) {
      this.#linger();
      return;
    }
    this.#enter("live");
    visitEach(this.#waiting, (seat) => {
      // Whoever is told may leave again, and make others leave.
      this.#waiting = withoutOne(this.#waiting, seat);
      this.#seat(seat);
    });
  }

  #refuse(cause: unknown): void {
    if (this.#state === "closed") return;
    const seats: Seat[] = [];
    visitEach(this.#waiting, (seat) => seats.push(seat));
    this.#enter("closed");
    const error = this.#asWireError(cause);
    for (const { member } of seats) member.refused(error);
  }

  #asWireError(cause: unknown): WireError {
    if (cause instanceof WireError) return cause;
    this.#port.ports.report.fault(this.#subject.name, cause);
    return new WireError("internal", "the gateway failed to subscribe; try again later", { cause });
  }

  #linger(): void {
    const { clock } = this.#port.ports;
    this.#enter("lingering");
    this.#timer = clock.after(this.#port.settings.linger, () => void this.close());
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
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#state = state;
    if (state !== "closed") return;
    this.#upstream = undefined;
    this.#waiting = withNone(this.#waiting);
    this.#members = withNone(this.#members);
    this.#values?.close();
    this.#convergence?.close();
    this.#stream.close();
    this.#port.closed(this);
  }
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
