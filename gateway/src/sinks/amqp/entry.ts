import type { Item } from "./item.js";

/** An event in the fallback, as bytes: a version, flags, then the fields, the key last. */

const VERSION = 1;
const MAY_BE_THERE = 1;
/** Where the time stands: the store reads it as well. */
export const TIME_AT = 2;
const DB_AT = TIME_AT + 8;
const HEAD = DB_AT + 4;

/** @param mayBeThere whether the broker may have it already */
export function encodeEntry({ event, id }: Item, mayBeThere: boolean): Buffer {
  const texts = [id, event.node, event.event, event.origin ?? ""].map((text) => Buffer.from(text));
  const length = texts.reduce((sum, text) => sum + 2 + text.length, HEAD) + event.key.length;
  const entry = Buffer.allocUnsafe(length);
  entry[0] = VERSION;
  entry[1] = mayBeThere ? MAY_BE_THERE : 0;
  entry.writeDoubleBE(event.receivedAt, TIME_AT);
  entry.writeUInt32BE(event.db, DB_AT);
  let at = HEAD;
  for (const text of texts) {
    at = entry.writeUInt16BE(text.length, at);
    at += text.copy(entry, at);
  }
  entry.set(event.key, at);
  return entry;
}

/** The event of an entry; undefined for bytes that are none. */
export function decodeEntry(bytes: Uint8Array, now: number): Item | undefined {
  const entry = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (entry.length < HEAD || entry[0] !== VERSION) return undefined;
  let at = HEAD;
  const texts: string[] = [];
  while (texts.length < 4) {
    if (at + 2 > entry.length) return undefined;
    const end = at + 2 + entry.readUInt16BE(at);
    if (end > entry.length) return undefined;
    texts.push(entry.toString("utf8", at + 2, end));
    at = end;
  }
  const [id = "", node = "", event = "", origin = ""] = texts;
  const [db, receivedAt] = [entry.readUInt32BE(DB_AT), entry.readDoubleBE(TIME_AT)];
  const key = entry.subarray(at);
  return {
    event: { node, db, key, event, receivedAt, ...(origin === "" ? {} : { origin }) },
    id,
    mayBeThere: ((entry[1] ?? 0) & MAY_BE_THERE) !== 0,
    since: now,
    done: undefined,
  };
}
