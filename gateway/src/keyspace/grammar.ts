import type { Database } from "@keywire/shared";
import { parseFieldList, parseLengthPrefixed, splitSubkeyPayload } from "./subkeys.js";

/**
 * The channels of keyspace notifications.
 *
 *     __keyspace@<db>__:<key>             payload: event
 *     __keyevent@<db>__:<event>           payload: key
 *     __subkeyspace@<db>__:<key>          payload: event|fields       (Redis 8.8 and later, as the next)
 *     __subkeyevent@<db>__:<event>        payload: keylen:key|fields
 *     __subkeyspaceitem@<db>__:<key>\n<field>   payload: event
 *     __subkeyspaceevent@<db>__:<event>|<key>   payload: fields
 *
 * Keys are bytes and may hold any byte; only the subkey families' own separators bind them.
 */
export type Family =
  | "keyspace"
  | "keyevent"
  | "subkeyspace"
  | "subkeyevent"
  | "subkeyspaceitem"
  | "subkeyspaceevent";

/** What one message said, before anybody knows which node it came from. */
export interface ParsedNotification {
  readonly family: Family;
  readonly db: number;
  readonly key: Buffer;
  /** The same, a character for each byte. */
  readonly latin1: string;
  /** Whether JSON shows the key as it is: printable ASCII without quotes and backslashes. */
  readonly isPlain: boolean;
  readonly event: string;
  readonly fields?: readonly Buffer[] | undefined;
}

/** The channel (or, with `*` as database, pattern) a family uses for a key or an event. */
export function channelName(family: Family, db: Database, rest: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`__${family}@${db}__:`), rest]);
}

/** What a message on the channel of one key says, which is known but for the event. */
export function keyEvent(
  { db, key, latin1, isPlain }: Pick<ParsedNotification, "db" | "key" | "latin1" | "isPlain">,
  event: string,
): ParsedNotification {
  return { family: "keyspace", db, key, latin1, isPlain, event, fields: undefined };
}

/** See `ParsedNotification`. */
export function isPlain(key: Uint8Array): boolean {
  for (let at = 0; at < key.length; at++) {
    const byte = key[at] ?? 0;
    if (byte < 0x20 || byte > 0x7e || byte === QUOTE || byte === BACKSLASH) return false;
  }
  return true;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const AT = 0x40;
const UNDERSCORE = 0x5f;
const COLON = 0x3a;
const NEWLINE = 0x0a;
const PIPE = 0x7c;

/** Reads a message of any family; undefined where channel and payload are of none. */
export function parseNotification(
  channel: Buffer,
  payload: Buffer,
): ParsedNotification | undefined {
  const at = channel.indexOf(AT);
  if (at < 3 || channel[0] !== UNDERSCORE || channel[1] !== UNDERSCORE) return undefined;
  const end = endOfDatabase(channel, at + 1);
  if (end < 0) return undefined;
  const db = readNumber(channel, at + 1, end);
  const family = channel.toString("latin1", 2, at);
  const said = readFamily(family, channel.subarray(end + 3), payload);
  if (said === undefined) return undefined;
  const { key, event, fields } = said;
  const latin1 = key.toString("latin1");
  return { family: said.family, db, key, latin1, isPlain: isPlain(key), event, fields };
}

/** Where the digits behind the `@` end, if `__:` follows them. */
function endOfDatabase(channel: Buffer, from: number): number {
  let end = from;
  while (isDigit(channel[end])) end++;
  const closed =
    end > from &&
    channel[end] === UNDERSCORE &&
    channel[end + 1] === UNDERSCORE &&
    channel[end + 2] === COLON;
  return closed ? end : -1;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function readNumber(bytes: Buffer, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) number = number * 10 + ((bytes[at] ?? 0) - 0x30);
  return number;
}

function readFamily(
  family: string,
  rest: Buffer,
  payload: Buffer,
): Omit<ParsedNotification, "db" | "latin1" | "isPlain"> | undefined {
  switch (family) {
    case "keyspace":
      return { family, key: rest, event: payload.toString() };
    case "keyevent":
      return { family, key: payload, event: rest.toString() };
    case "subkeyspace": {
      const parts = splitSubkeyPayload(payload);
      return parts && { family, key: rest, event: parts.head.toString(), fields: parts.fields };
    }
    case "subkeyevent": {
      const sized = parseLengthPrefixed(payload, 0);
      if (sized === undefined || payload[sized.end] !== PIPE) return undefined;
      const fields = parseFieldList(payload.subarray(sized.end + 1));
      return fields && { family, key: sized.bytes, event: rest.toString(), fields };
    }
    case "subkeyspaceitem": {
      // Redis does not send this family for keys that hold a newline, so the first one separates.
      const split = rest.indexOf(NEWLINE);
      if (split < 0) return undefined;
      const fields = [rest.subarray(split + 1)];
      return { family, key: rest.subarray(0, split), event: payload.toString(), fields };
    }
    case "subkeyspaceevent": {
      // Event names hold no pipe, keys may: the first one separates.
      const split = rest.indexOf(PIPE);
      const fields = parseFieldList(payload);
      if (split < 0 || fields === undefined) return undefined;
      const event = rest.toString("utf8", 0, split);
      return { family, key: rest.subarray(split + 1), event, fields };
    }
    default:
      return undefined;
  }
}
