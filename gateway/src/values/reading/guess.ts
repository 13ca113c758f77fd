/** What to expect of a key after an event: a type in Redis' word, or that it is gone. */
export type Guess = { readonly type: string } | "gone" | undefined;

const STRING =
  "set append setrange setbit incrby decrby incrbyfloat getset getex pfadd pfmerge bitop bitfield";
const HASH = "hset hdel hincrby hincrbyfloat hexpire hexpired hpersist hmset hsetnx";
const LIST = "lpush rpush lpop rpop linsert lset lrem ltrim lmove sortstore";
const SET = "sadd srem spop sinterstore sunionstore sdiffstore";
const ZSET =
  "zadd zincr zrem zremrangebyscore zremrangebyrank zrembyscore zrembyrank zrembylex " +
  "zpopmin zpopmax zdiffstore zinterstore zunionstore zrangestore georadiusstore geosearchstore";
const STREAM =
  "xadd xtrim xdel xsetid xclaim xautoclaim xgroup-create xgroup-createconsumer " +
  "xgroup-delconsumer xgroup-destroy xgroup-setid";
const GONE = "del expired evicted rename_from move_from keymiss";

const GUESSES: ReadonlyMap<string, Guess> = new Map<string, Guess>([
  ...named(STRING, { type: "string" }),
  ...named(HASH, { type: "hash" }),
  ...named(LIST, { type: "list" }),
  ...named(SET, { type: "set" }),
  ...named(ZSET, { type: "zset" }),
  ...named(STREAM, { type: "stream" }),
  ...named(GONE, "gone" as const),
]);

/** What an event says of its key; undefined where the event fits any type, as `expire` does. */
export function guessFromEvent(event: string): Guess {
  return GUESSES.get(event) ?? (event.startsWith("json.") ? { type: "ReJSON-RL" } : undefined);
}

/** Encodings that only one type has. */
const ENCODINGS: ReadonlyMap<string, string> = new Map([
  ["int", "string"],
  ["embstr", "string"],
  ["raw", "string"],
  ["quicklist", "list"],
  ["linkedlist", "list"],
  ["intset", "set"],
  ["skiplist", "zset"],
  ["stream", "stream"],
]);

/** The type that an answer of OBJECT ENCODING gives away; undefined where several have it. */
export function typeFromEncoding(encoding: string): string | undefined {
  return ENCODINGS.get(encoding);
}

function named(events: string, guess: Guess): [string, Guess][] {
  return events.split(" ").map((event) => [event, guess]);
}
