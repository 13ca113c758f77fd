import {
  covers,
  escapeGlob,
  exactGlob,
  Glob,
  type Interest,
  prefixGlob,
  utf8Encode,
} from "@keywire/shared";
import type { EventClasses } from "./classes.js";
import { ANY, type Mask, parseMask } from "./masks/mask.js";

const STAR = 0x2a;
const QUESTION = 0x3f;
/** Bytes of a glob: each pattern is tried on each event by Redis' one thread. */
const MAX_GLOB_BYTES = 256;

const EVERY_KEY: Interest = { kind: "prefix", db: "*", bytes: new Uint8Array() };

/**
 * What is to be listened to, so that no event of a chosen class is missed whose key a mask matches:
 * more may come. None where there is no mask.
 *
 * @param masks "ALL" for every key
 */
export function feedsOf(masks: readonly Uint8Array[] | "ALL", classes: EventClasses): Interest[] {
  if (masks !== "ALL" && masks.length === 0) return [];
  if (classes.letters.size === 0) return [];
  const keys = masks === "ALL" ? [EVERY_KEY] : broadest(masks.map(coveringFeed));
  const names = classes.names();
  const isEveryKey = keys.some(({ kind, bytes }) => kind === "prefix" && bytes.length === 0);
  if (names !== undefined && isEveryKey) return names.map(eventFeed);
  // Servers tell these to nobody who has not asked for them by name.
  return [...keys, ...classes.extras().map(eventFeed)];
}

/** The narrowest of key, prefix and pattern that takes in every key that the mask matches. */
export function coveringFeed(source: Uint8Array): Interest {
  const mask = parseMask(source);
  const literal = literalOf(mask);
  if (mask.isTiedToBegin && mask.isTiedToEnd && literal.length === mask.places.length) {
    return { kind: "key", db: "*", bytes: literal };
  }
  const glob = globOf(mask);
  if (mask.isTiedToBegin && isLiteralAndMore(mask, literal.length)) {
    return { kind: "prefix", db: "*", bytes: literal };
  }
  if (glob.length <= MAX_GLOB_BYTES && glob.some((byte) => byte !== STAR)) {
    return { kind: "pattern", db: "*", bytes: glob };
  }
  return { kind: "prefix", db: "*", bytes: mask.isTiedToBegin ? literal : new Uint8Array() };
}

/** The bytes in front that every match has. */
function literalOf({ places }: Mask): Uint8Array {
  const end = places.findIndex(({ code, loops }) => loops || code === ANY);
  return Uint8Array.from(places.slice(0, end < 0 ? undefined : end).map(({ code }) => code));
}

/** Whether whatever follows the literal matches: `^literal`, `^literal.*` and `^literal.*$`. */
function isLiteralAndMore({ places, isTiedToEnd }: Mask, literal: number): boolean {
  const rest = places.slice(literal);
  if (rest.length === 0) return !isTiedToEnd;
  if (!isTiedToEnd) return rest.every(({ loops }) => loops);
  return rest.length === 1 && rest[0]?.code === ANY && rest[0].loops;
}

/** A run of one byte has no glob of its own: any run takes its place. */
function globOf({ places, isTiedToBegin, isTiedToEnd }: Mask): Uint8Array {
  const glob: number[] = isTiedToBegin ? [] : [STAR];
  for (const { code, loops } of places) {
    if (loops) {
      if (glob.at(-1) !== STAR || isEscaped(glob)) glob.push(STAR);
    } else if (code === ANY) glob.push(QUESTION);
    else glob.push(...escapeGlob(Uint8Array.of(code)));
  }
  if (!isTiedToEnd && (glob.at(-1) !== STAR || isEscaped(glob))) glob.push(STAR);
  return Uint8Array.from(glob);
}

/** Whether the last byte stands for itself, a backslash before it. */
function isEscaped(glob: readonly number[]): boolean {
  return glob.at(-2) === 0x5c;
}

/** Those that no other one takes in. */
function broadest(feeds: readonly Interest[]): Interest[] {
  const globs = feeds.map(globOfFeed);
  return feeds.filter((_, index) => {
    const own = globs[index];
    return !globs.some((other, at) => {
      if (own === undefined || other === undefined || at === index || !covers(other, own)) {
        return false;
      }
      // Of two that take each other in, the first one stays.
      return at < index || !covers(own, other);
    });
  });
}

function globOfFeed({ kind, bytes }: Interest): Glob {
  if (kind === "pattern") return Glob.parse(bytes);
  return kind === "key" ? exactGlob(bytes) : prefixGlob(bytes);
}

function eventFeed(name: string): Interest {
  return { kind: "event", db: "*", bytes: utf8Encode(name) };
}
