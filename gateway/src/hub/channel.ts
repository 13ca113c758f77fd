/**
 * One channel: from the source's notifications to numbered messages for its members.
 *
 * States: `opening` (the source has not acknowledged, members wait), `live` (members are served),
 * `lingering` (nobody is left, messages are still numbered and kept), `closed` (for good: a new
 * channel takes the name). Ways: opening -> live | lingering | closed; live <-> lingering; all ->
 * closed.
 *
 * Failure: where the source refuses, all that wait are refused with its error and the channel
 * closes. Where it will not let go, that is reported; what it still tells is ignored.
 *
 * Bounds: the history has bounds of its own; messages wait for the end of the turn, or until they
 * make a full batch.
 */

import { type Cursor, type Interest, type Timer, WireError } from "@keywire/shared";
import { Batch, type Entry } from "./batch.js";
import type { Epochs } from "./epoch.js";
import type { EventTexts } from "./event-text.js";
import { History } from "./history.js";
import type { CanonicalOptions } from "./options.js";
import type {
  HubPorts,
  HubSettings,
  Notification,
  SourceGap,
  SourceListener,
  SourceSubscription,
} from "./ports.js";
import { type MemberGap, resume } from "./resume.js";
import { utf8Length } from "./utf8.js";

/** Bytes of messages that go out in one piece; more are split, so that no piece overfills a client. */
const MAX_BATCH_BYTES = 64 * 1_024;

/** How a member came in: what comes next bears `offset + 1`, but for the gap. */
export interface Joined {
  readonly epoch: string;
  readonly offset: number;
  /** Undefined where no cursor was given. */
  readonly resumed?: boolean;
  /** Comes before the replay. */
  readonly gap?: MemberGap;
  /** Messages behind the cursor, in pieces. */
  readonly replay: readonly Batch[];
}

/** Somebody who is told a channel's messages. */
export interface Member {
  /** Once, if at all, and before anything is delivered. */
  joined(joined: Joined): void;
  /** Once, instead of `joined`. */
  refused(error: WireError): void;
  deliver(batch: Batch): void;
}

export interface Membership {
  /** Nothing is told after it, but for what the channel had already been told: that comes first. */
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
  /** Flush the channel at the end of the turn. */
  due(channel: Channel): void;
  closed(channel: Channel): void;
}

type State =
  | { readonly name: "opening" }
  | { readonly name: "live"; readonly upstream: SourceSubscription }
  | {
      readonly name: "lingering";
      readonly upstream: SourceSubscription;
      readonly timer: Timer;
    }
  | { readonly name: "closed" };

interface Seat {
  readonly member: Member;
  readonly since: Cursor | undefined;
}

export class Channel implements SourceListener {
  readonly subject: ChannelSubject;
  readonly #port: ChannelPort;
  readonly #events: ReadonlySet<string> | undefined;
  readonly #history: History;
  readonly #epoch: string;
  readonly #since: number;
  /** What all its messages have between their type and their offset. */
  readonly #head: string;
  readonly #headBytes: number;
  readonly #waiting = new Set<Seat>();
  readonly #members = new Set<Seat>();
  #state: State = { name: "opening" };
  #offset = 0;
  #pending: Entry[] = [];
  #pendingBytes = 0;
  /** The newest replay: those who lost the same connection come back with the same cursor. */
  #replay: { readonly first: number; readonly last: number; readonly batches: Batch[] } | undefined;

  constructor(subject: ChannelSubject, port: ChannelPort) {
    this.subject = subject;
    this.#port = port;
    this.#events = subject.options.events && new Set(subject.options.events);
    this.#history = new History(port.settings);
    this.#since = port.ports.clock.now();
    this.#epoch = port.epochs.next(this.#since);
    this.#head = `","channel":${JSON.stringify(subject.name)},"offset":`;
    this.#headBytes = utf8Length(this.#head);
  }

  get status(): ChannelStatus {
    return {
      ...this.subject,
      state: this.#state.name,
      epoch: this.#epoch,
      offset: this.#offset,
      members: this.#members.size,
      history: { messages: this.#history.size, bytes: this.#history.bytes },
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
        throw new Error(`the channel ${this.subject.name} is closed`);
    }
    return { leave: () => this.#leave(seat) };
  }

  #seat(seat: Seat): void {
    // Those before get what came before; the new one starts right behind it.
    this.flush();
    this.#members.add(seat);
    const { entries, ...resumption } = resume(
      {
        epoch: this.#epoch,
        since: this.#since,
        offset: this.#offset,
        history: this.#prunedHistory(),
        now: this.#port.ports.clock.now(),
      },
      seat.since,
      seat.since !== undefined && this.#port.epochs.isOwn(seat.since.epoch),
    );
    const replay = this.#replayOf(entries);
    seat.member.joined({ epoch: this.#epoch, ...resumption, replay });
  }

  #leave(seat: Seat): void {
    this.#waiting.delete(seat);
    if (!this.#members.has(seat)) return;
    this.flush();
    this.#members.delete(seat);
    if (this.#members.size === 0 && this.#state.name === "live") this.#linger(this.#state.upstream);
  }

  // Life

  /** Asks the source, once. */
  async open(): Promise<void> {
    const { source, clock, report } = this.#port.ports;
    const asked = clock.now();
    try {
      const upstream = await source.subscribe(this.subject.interest, this);
      report.acknowledged(clock.now() - asked);
      this.#opened(upstream);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Ends it at once, whoever is on it. */
  async close(): Promise<void> {
    const state = this.#state;
    if (state.name === "closed") return;
    this.#enter({ name: "closed" });
    if ("upstream" in state) await this.#release(state.upstream);
  }

  #opened(upstream: SourceSubscription): void {
    if (this.#state.name === "closed") {
      void this.#release(upstream);
      return;
    }
    if (this.#waiting.size === 0) {
      this.#linger(upstream);
      return;
    }
    this.#enter({ name: "live", upstream });
    for (const seat of this.#waiting) {
      // Whoever is told may make others leave.
      if (this.#waiting.delete(seat)) this.#seat(seat);
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
    this.#port.ports.report.fault(this.subject.name, cause);
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
      this.#port.ports.report.fault(this.subject.name, error);
    }
  }

  /** The one place where the state changes. */
  #enter(state: State): void {
    if (this.#state.name === "lingering") this.#state.timer.cancel();
    this.#state = state;
    if (state.name !== "closed") return;
    this.#waiting.clear();
    this.#members.clear();
    this.#pending = [];
    this.#port.closed(this);
  }

  // Messages

  notification(notification: Notification): void {
    if (this.#state.name === "closed") return;
    if (this.#events !== undefined && !this.#events.has(notification.event)) return;
    const tail = this.#port.events.tailOf(notification);
    if (tail === undefined) return;
    const at = notification.receivedAt;
    this.#append("event", tail.text, tail.bytes, at, at);
  }

  gap({ reason, from, to }: SourceGap): void {
    if (this.#state.name === "closed") return;
    const tail = `"reason":"${reason}","from":${from},"to":${to}}`;
    this.#append("gap", tail, tail.length, from, to);
    this.#port.ports.report.gap(reason);
  }

  #append(type: Entry["type"], tail: string, tailBytes: number, from: number, to: number): void {
    this.#offset += 1;
    const offset = this.#offset;
    const digits = String(offset);
    const text = `{"type":"${type}${this.#head}${digits},${tail}`;
    const bytes = 10 + type.length + this.#headBytes + digits.length + tailBytes;
    const entry: Entry = { type, offset, text, bytes, from, to };
    this.#history.push(entry);
    if (this.#pending.push(entry) === 1) this.#port.due(this);
    this.#pendingBytes += bytes + 1;
    if (this.#pendingBytes > MAX_BATCH_BYTES) this.flush();
  }

  /** Hands the members what has come since the last time. */
  flush(): void {
    const entries = this.#pending;
    if (entries.length === 0) return;
    const bytes = this.#pendingBytes - 1;
    this.#pending = [];
    this.#pendingBytes = 0;
    if (this.#members.size === 0) return;
    const batch = new Batch(this.subject.name, this.#epoch, entries, bytes);
    this.#port.ports.report.delivered(entries.length, this.#members.size);
    for (const { member } of this.#members) member.deliver(batch);
  }

  /** Forgets what is too old to be kept. */
  prune(): void {
    this.#prunedHistory();
  }

  #prunedHistory(): History {
    this.#history.prune(this.#port.ports.clock.now());
    return this.#history;
  }

  #replayOf(entries: readonly Entry[]): readonly Batch[] {
    const [first, last] = [entries[0]?.offset, entries.at(-1)?.offset];
    if (first === undefined || last === undefined) return [];
    if (this.#replay?.first !== first || this.#replay.last !== last) {
      this.#replay = { first, last, batches: inPieces(this.subject.name, this.#epoch, entries) };
    }
    return this.#replay.batches;
  }
}

function inPieces(channel: string, epoch: string, entries: readonly Entry[]): Batch[] {
  const batches: Batch[] = [];
  let piece: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    if (piece.length > 0 && bytes + entry.bytes > MAX_BATCH_BYTES) {
      batches.push(Batch.of(channel, epoch, piece));
      piece = [];
      bytes = 0;
    }
    piece.push(entry);
    bytes += entry.bytes + 1;
  }
  if (piece.length > 0) batches.push(Batch.of(channel, epoch, piece));
  return batches;
}
