import {
  covers,
  type Database,
  escapeGlob,
  type Glob,
  prefixGlob,
  utf8Decode,
} from "@keywire/shared";
import { extraFlag, KEYEVENT_FLAGS, KEYSPACE_FLAGS } from "./flags.js";
import { channelName, isPlain } from "./grammar.js";
import type { Feed, Need } from "./need.js";

const FIREHOSE = prefixGlob(new Uint8Array());

/**
 * The feed that hears of one key in one database.
 *
 * @param glob which matches that key alone
 */
export function keyFeed(glob: Glob, slot: number, db: number): Feed {
  const key = glob.prefix;
  return newFeed({
    kind: "subscribe",
    channel: channelName("keyspace", db, key),
    slot,
    db,
    key: Buffer.from(key),
    glob,
    flags: KEYSPACE_FLAGS,
  });
}

/** The feed that hears of all keys a glob matches. */
export function patternFeed(glob: Glob, db: Database): Feed {
  const wire = onTheWire(glob);
  return newFeed({
    kind: "psubscribe",
    channel: channelName("keyspace", db, wire.source),
    slot: undefined,
    db,
    key: undefined,
    glob: wire,
    flags: KEYSPACE_FLAGS,
  });
}

/** The feed that hears of one event of all keys: exact, and so free for Redis, in one database. */
export function eventFeed(event: Uint8Array, db: Database): Feed {
  const name = db === "*" ? escapeGlob(event) : event;
  return newFeed({
    kind: db === "*" ? "psubscribe" : "subscribe",
    channel: channelName("keyevent", db, name),
    slot: undefined,
    db,
    key: undefined,
    glob: undefined,
    flags: KEYEVENT_FLAGS + extraFlag(Buffer.from(event).toString()),
  });
}

/** The feed that hears of every key. */
export function firehoseFeed(db: Database): Feed {
  return patternFeed(FIREHOSE, db);
}

/** The feed that a need would have if it were alone. */
export function ownFeed(need: Need): Feed {
  const { db, bytes } = need.interest;
  if (need.glob === undefined) return eventFeed(bytes, db);
  if (need.slot !== undefined && db !== "*") return keyFeed(need.glob, need.slot, db);
  return patternFeed(need.glob, db);
}

/** Whether everything the need is about arrives on the feed too. */
export function serves(feed: Feed, need: Need): boolean {
  if (feed.glob === undefined) return false;
  if (feed.db !== "*" && feed.db !== need.interest.db) return false;
  // A feed of one key hears of it only where its slot lives; a need of the same key is that need.
  if (feed.slot !== undefined) return false;
  return covers(feed.glob, need.glob ?? FIREHOSE);
}

/** Whether all that the feed hears of is one key; in one database then. */
export function isOfKey(
  feed: Feed,
): feed is Feed & { readonly db: number; readonly key: Buffer; readonly latin1: string } {
  return feed.key !== undefined && feed.db !== "*";
}

/** Identifies a feed among those of its kind, as the channel or pattern that Redis echoes. */
export function feedName(feed: Pick<Feed, "channel">): string {
  return feed.channel.toString("latin1");
}

type Parts = Omit<Feed, "latin1" | "isPlain" | "needs" | "natives" | "patterns" | "sole" | "index">;

function newFeed(parts: Parts): Feed {
  // One by one: what is spread out gets a shape of its own each time, which V8 then looks up anew for
  // every event.
  return {
    key: parts.key,
    latin1: parts.key?.toString("latin1"),
    isPlain: parts.key !== undefined && isPlain(parts.key),
    db: parts.db,
    sole: undefined,
    index: undefined,
    kind: parts.kind,
    channel: parts.channel,
    slot: parts.slot,
    glob: parts.glob,
    flags: parts.flags,
    needs: undefined,
    natives: 0,
    patterns: 0,
  };
}

/**
 * ioredis keeps a connection's patterns as text, so a glob that is not UTF-8 could not be told from
 * another: a broader one takes its place, and the gateway matches again what arrives. So it does for
 * one with a range that not every CPU's Redis reads alike.
 */
function onTheWire(glob: Glob): Glob {
  if (utf8Decode(glob.source) !== null && glob.program.isPortable) return glob;
  const end = glob.prefix.findIndex((byte) => byte >= 0x80);
  return prefixGlob(end < 0 ? glob.prefix : glob.prefix.subarray(0, end));
}
