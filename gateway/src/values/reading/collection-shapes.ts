import type { ScoredMember, Value } from "@keywire/shared";
import type { ValueLimits } from "../limits.js";
import { memoryUsage } from "./plain-shapes.js";
import { bulks, integer, type Measured, type Shape, SMALL_REPLY, truncated } from "./shape.js";
import { type Spelling, spellingFor } from "./spelling.js";

/**
 * What Redis needs around one element in memory, at the most, in bytes: table slots of a sparse
 * table, an entry, two string headers, allocator rounding, a skip list's node. What MEMORY USAGE
 * tells beyond that is the elements' own bytes.
 */
const ELEMENT_OVERHEAD = 256;

interface Collection {
  readonly type: "hash" | "list" | "set" | "zset";
  readonly count: string;
  /** Fetches everything; where there is a choice, no more than the limit. */
  fetch(key: Uint8Array, limits: ValueLimits): (string | Uint8Array)[];
  /** The strings in the order of the answer whose bytes count. */
  strings(items: readonly Buffer[]): readonly Buffer[];
  value(items: readonly Buffer[], spelling: Spelling): Value;
}

/** Measured first: one command cannot both look at the size and fetch, and elements may be huge. */
function collectionShape({ type, count, fetch, strings, value }: Collection): Shape {
  return {
    measure: {
      weight: () => SMALL_REPLY,
      commands: (key, limits) => [[count, key], memoryUsage(key, limits)],
      read([length, memory], limits) {
        const size = integer(length);
        const most = limits.bytes + (size + 1) * ELEMENT_OVERHEAD;
        const isLarge = size > limits.elements || integer(memory) > most;
        return isLarge ? truncated(type, size) : "fits";
      },
    },
    fetch: {
      weight: ({ bytes, elements }) => bytes + elements * ELEMENT_OVERHEAD,
      commands: (key, limits) => [[count, key], fetch(key, limits)],
      read: ([length, answer], limits) => {
        const size = integer(length);
        if (size > limits.elements) return truncated(type, size);
        return bounded(size, bulks(answer), limits);
      },
    },
  };

  function bounded(size: number, items: readonly Buffer[], limits: ValueLimits): Measured {
    const told = strings(items);
    const bytes = told.reduce((sum, { length }) => sum + length, 0);
    if (bytes > limits.bytes) return truncated(type, size);
    return { value: value(items, spellingFor(told)), bytes };
  }
}

export const HASH_SHAPE = collectionShape({
  type: "hash",
  count: "HLEN",
  fetch: (key) => ["HGETALL", key],
  strings: (items) => items,
  value(items, { field, spell }) {
    // Without a prototype, since a field may be called __proto__.
    const fields: Record<string, string> = Object.create(null);
    for (const [name, content] of pairs(items)) fields[spell(name)] = spell(content);
    return field === "data" ? { type: "hash", data: fields } : { type: "hash", base64: fields };
  },
});

export const LIST_SHAPE = collectionShape({
  type: "list",
  count: "LLEN",
  fetch: (key, { elements }) => ["LRANGE", key, "0", String(elements - 1)],
  strings: (items) => items,
  value: (items, spelling) => members("list", items, spelling),
});

export const SET_SHAPE = collectionShape({
  type: "set",
  count: "SCARD",
  fetch: (key) => ["SMEMBERS", key],
  strings: (items) => items,
  value: (items, spelling) => members("set", items, spelling),
});

export const ZSET_SHAPE = collectionShape({
  type: "zset",
  count: "ZCARD",
  fetch: (key, { elements }) => ["ZRANGE", key, "0", String(elements - 1), "WITHSCORES"],
  strings: (items) => items.filter((_, index) => index % 2 === 0),
  value(items, { field, spell }) {
    const scored = pairs(items).map(
      ([member, score]): ScoredMember => [spell(member), scoreOf(score.toString("latin1"))],
    );
    return field === "data" ? { type: "zset", data: scored } : { type: "zset", base64: scored };
  },
});

function members(
  type: "list" | "set",
  items: readonly Buffer[],
  { field, spell }: Spelling,
): Value {
  const texts = items.map(spell);
  return field === "data" ? { type, data: texts } : { type, base64: texts };
}

function scoreOf(text: string): ScoredMember[1] {
  return text === "inf" || text === "-inf" ? text : Number(text);
}

function pairs(items: readonly Buffer[]): [Buffer, Buffer][] {
  const found: [Buffer, Buffer][] = [];
  for (let index = 0; index + 1 < items.length; index += 2) {
    found.push([items[index] as Buffer, items[index + 1] as Buffer]);
  }
  return found;
}
