import type { Cursor, Interest } from "@keywire/shared";
import { Batch, type Entry } from "./batch.js";
import { type EventTail, type EventTexts, jsonOf } from "./event-text.js";
import { History, type HistoryBounds } from "./history.js";
import type { Keys } from "./keys.js";
import type { SourceGap } from "./ports.js";
import type { KeyForm, ShortTail } from "./record.js";
import { type MemberGap, type Place, resume } from "./resume.js";
import { utf8Length } from "./utf8.js";

/** Bytes of messages that go out in one piece; more are split, so that no piece overfills a client. */
export const MAX_BATCH_BYTES = 64 * 1_024;

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

/** What all streams share. */
export interface StreamPorts {
  readonly bounds: HistoryBounds;
  readonly events: EventTexts;
  now(): number;
  /** Whether an epoch is one of this gateway's. */
  isOwnEpoch(epoch: string): boolean;
}

/** A channel's numbered messages: those that are kept, and those of this turn. */
export class Stream extends History {
  #offset = 0;
  /** Of what waits to be taken, each with a line break. */
  #pendingBytes = 0;
  /** What waits to be taken. */
  #pending: Entry[] = NONE;
  /** What all its events have ahead of their offset. */
  readonly #head: string;
  readonly #headBytes: number;
  readonly #channel: string;
  readonly #interest: Interest;
  readonly epoch: string;
  readonly #ports: StreamPorts;
  readonly #since: number;
  /** The newest replay: those who lost the same connection come back with the same cursor. */
  #replay: readonly Batch[] = NO_BATCHES;

  /** @param interest what the channel is about */
  constructor(channel: string, interest: Interest, epoch: string, ports: StreamPorts) {
    super(ports.bounds, keyFormOf(interest));
    this.#channel = channel;
    this.#interest = interest;
    this.epoch = epoch;
    this.#ports = ports;
    this.#since = ports.now();
    // In one piece, as a text that was put together is not: each message would gather it anew.
    const head = Buffer.from(`${BEGINNINGS.event}","channel":${JSON.stringify(channel)},"offset":`);
    this.#head = head.toString();
    this.#headBytes = head.length;
  }

  /** Of the newest message. */
  get offset(): number {
    return this.#offset;
  }

  /** Of what waits to be taken. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get kept(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.size, bytes: this.bytes };
  }

  /** See `SourceListener`. */
  override lookAhead(): number {
    return this.#offset + this.#headBytes + this.#head.length + super.lookAhead();
  }

  event(tail: EventTail, at: number, since: number): void {
    this.#append("event", tail, since, at);
  }

  /** The same, taken at once for one member; nothing may wait before it. */
  eventAlone(tail: EventTail, at: number, since: number): Batch {
    const entry = this.#next("event", tail, since, at);
    return new Batch(this.#channel, this.epoch, [entry], entry.bytes, false);
  }

  gap({ reason, from, to }: SourceGap): void {
    this.#append("gap", wholeTail(`,"reason":"${reason}","from":${from},"to":${to}}`), from, to);
  }

  snapshot(keys: Keys, at: number): void {
    this.#append("snapshot", wholeTail(`,${JSON.stringify(keys).slice(1)}`), at, at);
  }

  /** What came since it was asked last, for several members or one; undefined for nothing. */
  take(isShared: boolean): Batch | undefined {
    if (this.#pendingBytes === 0) return undefined;
    const [entries, bytes] = [this.#pending, this.#pendingBytes - 1];
    const batch = new Batch(this.#channel, this.epoch, entries, bytes, isShared);
    this.#pending = NONE;
    this.#pendingBytes = 0;
    return batch;
  }

  resume(since: Cursor | undefined): Joined {
    const { epoch } = this;
    const now = this.#ports.now();
    super.prune(now);
    const place: Place = {
      epoch,
      since: this.#since,
      offset: this.#offset,
      kept: this.size,
      droppedTo: this.droppedTo,
      now,
    };
    const { replayed, ...rest } = resume(
      place,
      since,
      since !== undefined && this.#ports.isOwnEpoch(since.epoch),
    );
    return { epoch, ...rest, replay: this.#replayOf(replayed) };
  }

  /** Forgets what is too old. */
  override prune(): void {
    super.prune(this.#ports.now());
    this.#replay = NO_BATCHES;
  }

  /**
   * Forgets what happened up to a moment; what waits to be taken is handed out all the same.
   *
   * @returns how many messages
   */
  shed(moment: number, now: number): number {
    this.#replay = NO_BATCHES;
    return this.dropTo(moment, now);
  }

  /** Forgets all; nothing is to come any more. */
  close(): void {
    this.#replay = NO_BATCHES;
    this.#pending = NONE;
    this.#pendingBytes = 0;
    this.clear();
  }

  #append(type: Entry["type"], tail: EventTail, from: number, to: number): void {
    const entry = this.#next(type, tail, from, to);
    if (this.#pending === NONE) this.#pending = [entry];
    else this.#pending.push(entry);
    this.#pendingBytes += entry.bytes + 1;
  }

  /** @param tail what the message says behind its offset, from the comma on */
  #next(type: Entry["type"], tail: EventTail, from: number, to: number): Entry {
    this.#offset += 1;
    const offset = this.#offset;
    const digits = String(offset);
    const text = this.#headOf(type) + digits + tail.text;
    const typeBytes = type.length - "event".length;
    const bytes = typeBytes + this.#headBytes + digits.length + tail.bytes;
    const entry: Entry = { type, offset, text, bytes, from, to };
    this.push(entry, tail);
    return entry;
  }

  /** The newest messages, so many of them. */
  #replayOf(count: number): readonly Batch[] {
    if (count === 0) return [];
    const [first, last] = [this.#offset - count + 1, this.#offset];
    const isSame = this.#replay[0]?.first === first && this.#replay.at(-1)?.last === last;
    if (!isSame) this.#replay = this.#inBatches(this.#newest(count));
    return this.#replay;
  }

  #newest(count: number): Entry[] {
    const first = this.#offset - count + 1;
    return this.newest(count).map(({ tail, ...kept }, index) => {
      const offset = first + index;
      const text = typeof tail === "string" ? tail : this.#spell(tail, kept.to);
      return { ...kept, offset, text: this.#headOf(kept.type) + offset + text };
    });
  }

  #headOf(type: Entry["type"]): string {
    const [head, event] = [this.#head, BEGINNINGS.event];
    return type === "event" ? head : BEGINNINGS[type] + head.slice(event.length);
  }

  #spell({ event, key }: ShortTail, at: number): string {
    const { bytes, db } = this.#interest;
    return this.#ports.events.spell(event, key ?? jsonOf(bytes).text, Number(db), at);
  }

  #inBatches(entries: readonly Entry[]): readonly Batch[] {
    return inPieces(entries).map((piece) => Batch.of(this.#channel, this.epoch, piece));
  }
}

/** Where nothing waits, which is so for nearly all channels: they share it. */
const NONE: Entry[] = [];
const NO_BATCHES: readonly Batch[] = [];

/** What messages begin with. */
const BEGINNINGS = { event: '{"type":"event', gap: '{"type":"gap', snapshot: '{"type":"snapshot' };

const NO_KEY = { text: "", bytes: 0 };

/** A tail that is kept as it is. */
function wholeTail(text: string): EventTail {
  return { text, bytes: utf8Length(text), event: 0, key: NO_KEY };
}

function keyFormOf({ kind, db }: Interest): KeyForm {
  if (db === "*") return "any";
  return kind === "key" ? "own" : "listed";
}

function inPieces(entries: readonly Entry[]): Entry[][] {
  const pieces: Entry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    if (bytes + entry.bytes > MAX_BATCH_BYTES) {
      pieces.push([]);
      bytes = 0;
    }
    pieces.at(-1)?.push(entry);
    bytes += entry.bytes + 1;
  }
  return pieces;
}
