import type { Cursor } from "@keywire/shared";
import { Batch, type Entry } from "./batch.js";
import { History, type HistoryBounds } from "./history.js";
import type { Keys } from "./keys.js";
import type { SourceGap } from "./ports.js";
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

export interface StreamOptions {
  readonly channel: string;
  readonly epoch: string;
  readonly bounds: HistoryBounds;
  now(): number;
  /** Whether an epoch is one of this gateway's. */
  isOwnEpoch(epoch: string): boolean;
}

/** A channel's numbered messages: those of this turn, and those that are kept. */
export class Stream {
  readonly #options: StreamOptions;
  readonly #since: number;
  /** What all its messages have between their type and their offset. */
  readonly #head: string;
  readonly #headBytes: number;
  readonly #history: History;
  #offset = 0;
  #pending: Entry[] = [];
  #pendingBytes = 0;
  /** The newest replay: those who lost the same connection come back with the same cursor. */
  #replay: readonly Batch[] = [];

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#since = options.now();
    this.#history = new History(options.bounds);
    this.#head = `","channel":${JSON.stringify(options.channel)},"offset":`;
    this.#headBytes = utf8Length(this.#head);
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
    return { messages: this.#history.size, bytes: this.#history.bytes };
  }

  /** @param tail what the message says behind its offset, and how many bytes that are in UTF-8 */
  event(tail: { readonly text: string; readonly bytes: number }, at: number): void {
    this.#append("event", tail.text, tail.bytes, at, at);
  }

  gap({ reason, from, to }: SourceGap): void {
    const tail = `"reason":"${reason}","from":${from},"to":${to}}`;
    this.#append("gap", tail, tail.length, from, to);
  }

  snapshot(keys: Keys, at: number): void {
    const tail = JSON.stringify(keys).slice(1);
    this.#append("snapshot", tail, utf8Length(tail), at, at);
  }

  /** What came since it was asked last; undefined for nothing. */
  take(): Batch | undefined {
    const entries = this.#pending;
    if (entries.length === 0) return undefined;
    const bytes = this.#pendingBytes - 1;
    this.#pending = [];
    this.#pendingBytes = 0;
    return new Batch(this.#options.channel, this.#options.epoch, entries, bytes);
  }

  resume(since: Cursor | undefined): Joined {
    const { epoch, isOwnEpoch, now } = this.#options;
    this.#history.prune(now());
    const place: Place = {
      epoch,
      since: this.#since,
      offset: this.#offset,
      history: this.#history,
      now: now(),
    };
    const { entries, ...rest } = resume(
      place,
      since,
      since !== undefined && isOwnEpoch(since.epoch),
    );
    return { epoch, ...rest, replay: this.#replayOf(entries) };
  }

  /** Forgets what is too old. */
  prune(): void {
    this.#history.prune(this.#options.now());
    this.#replay = [];
  }

  #append(type: Entry["type"], tail: string, tailBytes: number, from: number, to: number): void {
    this.#offset += 1;
    const digits = String(this.#offset);
    const text = `{"type":"${type}${this.#head}${digits},${tail}`;
    const bytes = FRAMING_BYTES + type.length + this.#headBytes + digits.length + tailBytes;
    const entry: Entry = { type, offset: this.#offset, text, bytes, from, to };
    this.#history.push(entry);
    this.#pending.push(entry);
    this.#pendingBytes += bytes + 1;
  }

  #replayOf(entries: readonly Entry[]): readonly Batch[] {
    const { channel, epoch } = this.#options;
    const isSame =
      this.#replay[0]?.first === entries[0]?.offset &&
      this.#replay.at(-1)?.last === entries.at(-1)?.offset;
    if (!isSame) this.#replay = inPieces(entries).map((piece) => Batch.of(channel, epoch, piece));
    return this.#replay;
  }
}

/** Of what a message has around its type and its tail. */
const FRAMING_BYTES = '{"type":"'.length + ",".length;

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
