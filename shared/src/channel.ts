import { base64UrlDecode, utf8Encode } from "./bytes.js";
import { WireError } from "./codes.js";

/** A logical Redis database, or all of them. */
export type Database = number | "*";

/** Which keys or events somebody wants to hear of: a channel without its name and options. */
export interface Interest {
  readonly kind: "key" | "prefix" | "pattern" | "event";
  readonly db: Database;
  /** The key, the prefix, the glob or the event name. */
  readonly bytes: Uint8Array;
}

/** Redis' `databases` directive takes up to this many. */
const MAX_DATABASE = 2 ** 31 - 1;
/**
 * Longer globs are no work of people. Redis matches each against every event on its one thread, and
 * newer ones silently match nothing where a glob has more than 1,000 stars.
 */
export const MAX_PATTERN_BYTES = 1_024;
/** Under `u` a pair is one character, so only half of one is found. */
const HALF_SURROGATE = /\p{Surrogate}/u;
const SHAPE = /^(key|prefix|pattern|event|rawkey)(?:@(\*|\d{1,10}))?:([\s\S]*)$/;

/**
 * Reads a channel name, `kind[@db]:rest`; everything behind the first colon is taken verbatim.
 *
 * @param defaultDatabase meant where the name selects none
 * @throws WireError `bad_request` naming what is wrong with the name
 */
export function parseChannel(name: string, defaultDatabase: Database = 0): Interest {
  const match = SHAPE.exec(name);
  if (match === null) throw malformed(name);
  const [, kind = "", database, rest = ""] = match;
  const db = database === undefined ? defaultDatabase : parseDatabase(name, database);
  if (HALF_SURROGATE.test(rest)) {
    throw new WireError("bad_request", `channel ${show(name)} holds half a surrogate pair`);
  }
  switch (kind) {
    case "rawkey":
      return { kind: "key", db, bytes: parseRawKey(name, rest) };
    case "event":
      if (rest === "") {
        throw new WireError("bad_request", `channel ${show(name)} names no event, as in event:set`);
      }
      return { kind, db, bytes: utf8Encode(rest) };
    case "pattern":
      return { kind, db, bytes: parsePattern(name, rest) };
    default:
      return { kind: kind as Interest["kind"], db, bytes: utf8Encode(rest) };
  }
}

function parsePattern(name: string, rest: string): Uint8Array {
  const bytes = utf8Encode(rest);
  if (bytes.length <= MAX_PATTERN_BYTES) return bytes;
  throw new WireError(
    "bad_request",
    `channel ${show(name)} has a glob of ${bytes.length} bytes; it takes up to ${MAX_PATTERN_BYTES}`,
  );
}

function parseDatabase(name: string, text: string): Database {
  if (text === "*") return "*";
  const db = Number(text);
  if (db > MAX_DATABASE) {
    throw new WireError("bad_request", `channel ${show(name)} selects a database over 2147483647`);
  }
  return db;
}

function parseRawKey(name: string, rest: string): Uint8Array {
  const bytes = base64UrlDecode(rest);
  if (bytes === null) {
    throw new WireError(
      "bad_request",
      `channel ${show(name)} is not base64url without padding behind "rawkey:"`,
    );
  }
  return bytes;
}

function malformed(name: string): WireError {
  return new WireError(
    "bad_request",
    `channel ${show(name)} is not kind[@db]:rest with the kind key, prefix, pattern, event or rawkey`,
  );
}

/** A name as an error quotes it: JSON, cut so that a hostile one does not flood the answer. */
function show(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}
