import type { Patient } from "./patient.js";

/** Something the gateway does on a node. */
export interface Right {
  /** As `ACL SETUSER` grants it. */
  readonly rule: string;
  /** A command that takes the right, and needs no key to be there. */
  readonly words: readonly [string, ...string[]];
  /** What cannot be had without it, where the gateway serves all the same. */
  readonly without?: string;
  /** `once`: has no effect. `channel`: subscribes. `queued`: might have one, and is not to be run. */
  readonly how: "once" | "channel" | "queued";
}

export const OWN_KEY = "{keywire}:doctor";
const SAMPLE = `__keyspace@0__:${OWN_KEY}`;

/** @param forwards whether there is to be an AMQP forwarder */
export function rightsOn({ target }: Patient, forwards: boolean): Right[] {
  return [
    once("+ping", "PING"),
    ...listening(),
    target.kind === "cluster" ? once("+cluster|nodes", "CLUSTER", "NODES") : once("+role", "ROLE"),
    once("+client|id", "CLIENT", "ID"),
    // Without a transaction there is nothing that it could run.
    once("+exec", "EXEC"),
    ...[key("get"), key("hgetall"), key("zrangebyscore", "0", "0")],
    // Revocations.
    ...[key("zadd", "0", "none"), key("zremrangebyscore", "0", "0"), key("set", "v")],
    ...[key("zremrangebyrank", "0", "0"), queued("+publish", "PUBLISH", OWN_KEY, "doctor")],
    ...without("whether notifications are on has to be found out by a test", [
      once("+config|get", "CONFIG", "GET", "notify-keyspace-events"),
    ]),
    ...without("notification flags that are missing cannot be added", [
      queued("+config|set", "CONFIG", "SET", "notify-keyspace-events", "KEA"),
    ]),
    ...without("a FLUSHALL cannot be told", [
      once("+client|tracking", "CLIENT", "TRACKING", "OFF"),
    ]),
    ...(target.kind === "cluster"
      ? []
      : without("a SWAPDB cannot be told", [once("+info", "INFO", "commandstats")])),
    ...without("neither libraries nor the AMQP forwarder can run", [
      ...[queued("+eval", "EVAL", "return 1", "0"), queued("+time", "TIME")],
      ...[key("hget", "f"), key("hset", "f", "v"), key("hdel", "f"), key("hkeys")],
      ...[key("hmget", "f"), key("hexists", "f"), key("del")],
    ]),
    ...without("libraries can send no commands", [
      once("+command|info", "COMMAND", "INFO", "get"),
      ...(target.kind === "cluster"
        ? [once("+command|getkeys", "COMMAND", "GETKEYS", "GET", OWN_KEY)]
        : []),
    ]),
    ...(forwards ? without("the AMQP forwarder has no fallback", forwarding()) : []),
    ...without("values and snapshots cannot be read", reading(target.db > 0)),
    ...without("stream triggers read nothing", streaming()),
  ];
}

function listening(): Right[] {
  const rights: Right["words"][] = [
    ["SUBSCRIBE", SAMPLE],
    ["PSUBSCRIBE", `${SAMPLE}:*`],
    ["UNSUBSCRIBE", SAMPLE],
    ["PUNSUBSCRIBE", `${SAMPLE}:*`],
  ];
  return rights.map((words) => ({ rule: `+${words[0].toLowerCase()}`, words, how: "channel" }));
}

function streaming(): Right[] {
  return [
    ...[key("xrange", "-", "+"), key("xtrim", "MINID", "0")],
    ...[queued("+xinfo|stream", "XINFO", "STREAM", OWN_KEY), queued("+scan", "SCAN", "0")],
  ];
}

function forwarding(): Right[] {
  return [
    ...[key("exists"), key("expire", "1"), key("hincrby", "f", "1"), key("llen")],
    ...[key("lindex", "0"), key("lrange", "0", "0"), key("ltrim", "0", "0"), key("lpush", "e")],
    ...[key("rpush", "e"), key("lpop"), key("rpop")],
  ];
}

function reading(selects: boolean): Right[] {
  return [
    ...[key("type"), key("pttl"), key("strlen"), key("getrange", "0", "0")],
    queued("+object|encoding", "OBJECT", "ENCODING", OWN_KEY),
    queued("+memory|usage", "MEMORY", "USAGE", OWN_KEY),
    ...[key("hlen"), key("llen"), key("lrange", "0", "0"), key("scard"), key("smembers")],
    ...[key("zcard"), key("zrange", "0", "0"), key("xlen"), key("xrevrange", "+", "-")],
    queued("+scan", "SCAN", "0"),
    ...(selects ? [queued("+select", "SELECT", "0")] : []),
  ];
}

function once(rule: string, ...words: Right["words"]): Right {
  return { rule, words, how: "once" };
}

function queued(rule: string, ...words: Right["words"]): Right {
  return { rule, words, how: "queued" };
}

/** A command whose first argument is a key, on the gateway's own. */
function key(name: string, ...rest: string[]): Right {
  return queued(`+${name}`, name.toUpperCase(), OWN_KEY, ...rest);
}

function without(loss: string, rights: readonly Right[]): Right[] {
  return rights.map((right) => ({ ...right, without: loss }));
}
