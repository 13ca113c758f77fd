/**
 * What is kept of a message, in memory outside the heap. Most are events that say no more than a name, a key
 * and a time, and of these the name's number and the time are all that differs on a channel of one key.
 */

import type { Entry } from "./batch.js";
import { ALIGNMENT, type Region } from "./blocks.js";
import type { EventTail } from "./event-text.js";

/** A message but for its offset, and what all messages of a channel have in common. */
export interface Kept extends Omit<Entry, "offset" | "text"> {
  /** What it says behind its offset, or what that is spelled from. */
  readonly tail: string | ShortTail;
}

/** An event that says no more than these, its database and its time. */
export interface ShortTail {
  /** The number of its name. */
  readonly event: number;
  /** Its key as JSON; undefined where that is the channel's only one. */
  readonly key: string | undefined;
}

/** What a record need not say of an event's key: `own` is the channel's only one, `listed` of the channel's database. */
export type KeyForm = "own" | "listed" | "any";

/** Where things stand in every record, bytes: a moment of eight bytes, a length of four, and what it is. */
const TO = 0;
const BYTES = 8;
const FORM = 12;
/** In a short one: the number of its event's name, the length of its key in two bytes, and the key. */
const EVENT = 13;
const KEY_BYTES = 14;
const KEY = 16;
/** In a whole one: a moment, a length of four, and the tail. */
const FROM = 16;
const TAIL_BYTES = 24;
const TAIL = 28;

const TYPES = ["event", "gap", "snapshot"] as const;
/** The form of a short one; that of a whole one is its type's place. */
const SHORT = TYPES.length;
const MAX_KEY_BYTES = 0xffff;

/** Bytes that the record of a message takes. */
export function recordLength(entry: Entry, tail: EventTail, keys: KeyForm): number {
  return isShort(entry, tail, keys)
    ? aligned(KEY + keyBytesOf(tail, keys))
    : aligned(TAIL + tail.bytes);
}

/** Bytes of the record that stands there. */
export function recordLengthAt(region: Region, at: number): number {
  return region.bytes[at + FORM] === SHORT
    ? aligned(KEY + keyBytesAt(region, at))
    : aligned(TAIL + (region.words[(at + TAIL_BYTES) / 4] ?? 0));
}

/** When what it tells of was over, ms since the Unix epoch. */
export function dateAt({ doubles }: Region, at: number): number {
  return doubles[(at + TO) / 8] ?? 0;
}

/** Of the message in UTF-8. */
export function bytesAt({ words }: Region, at: number): number {
  return words[(at + BYTES) / 4] ?? 0;
}

/** Writes the record of a message to where there is room for it. */
export function writeRecord(
  region: Region,
  at: number,
  entry: Entry,
  tail: EventTail,
  keys: KeyForm,
): void {
  const { bytes, doubles, words } = region;
  doubles[(at + TO) / 8] = entry.to;
  words[(at + BYTES) / 4] = entry.bytes;
  if (!isShort(entry, tail, keys)) {
    bytes[at + FORM] = TYPES.indexOf(entry.type);
    doubles[(at + FROM) / 8] = entry.from;
    words[(at + TAIL_BYTES) / 4] = tail.bytes;
    put(bytes, at + TAIL, tail.text, tail.bytes);
    return;
  }
  const keyBytes = keyBytesOf(tail, keys);
  bytes[at + FORM] = SHORT;
  bytes[at + EVENT] = tail.event;
  bytes[at + KEY_BYTES] = keyBytes;
  bytes[at + KEY_BYTES + 1] = keyBytes >> 8;
  if (keyBytes > 0) put(bytes, at + KEY, tail.key.text, keyBytes);
}

export function readRecord(region: Region, at: number): Kept {
  const { bytes: memory, doubles, words } = region;
  const [bytes, to] = [bytesAt(region, at), dateAt(region, at)];
  const form = memory[at + FORM] ?? 0;
  if (form !== SHORT) {
    const end = at + TAIL + (words[(at + TAIL_BYTES) / 4] ?? 0);
    const from = doubles[(at + FROM) / 8] ?? 0;
    const tail = memory.toString("utf8", at + TAIL, end);
    return { type: TYPES[form] ?? "event", tail, bytes, from, to };
  }
  const keyBytes = keyBytesAt(region, at);
  const key = keyBytes === 0 ? undefined : memory.toString("utf8", at + KEY, at + KEY + keyBytes);
  return { type: "event", tail: { event: memory[at + EVENT] ?? 0, key }, bytes, from: to, to };
}

function isShort({ from, to }: Entry, { event, key }: EventTail, keys: KeyForm): boolean {
  return event !== 0 && from === to && keys !== "any" && key.bytes <= MAX_KEY_BYTES;
}

function keyBytesOf({ key }: EventTail, keys: KeyForm): number {
  return keys === "own" ? 0 : key.bytes;
}

/** Of the key of a short record. */
function keyBytesAt({ bytes }: Region, at: number): number {
  return (bytes[at + KEY_BYTES] ?? 0) | ((bytes[at + KEY_BYTES + 1] ?? 0) << 8);
}

function put(memory: Buffer, at: number, text: string, bytes: number): void {
  // As many bytes as characters: all of it is ASCII, and copied faster as such.
  memory.write(text, at, bytes === text.length ? "latin1" : "utf8");
}

function aligned(bytes: number): number {
  return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
}
