import { type Glob, type Interest, RadixTree } from "@keywire/shared";
import type { ParsedNotification } from "./grammar.js";

/** What an index goes by. */
export interface Indexed {
  readonly interest: Interest;
  /** The keys it is about; undefined where it is about an event of any key. */
  readonly glob: Glob | undefined;
}

/** What an event says of itself. */
export type Said = Pick<ParsedNotification, "db" | "key" | "latin1" | "event">;

/** Where needs are kept. Most feeds serve one, which stands in the feed itself then and is asked at once. */
export interface Indexing<Need extends Indexed> {
  /** Set where all that comes on the feed is about one key in one database, and so about every need. */
  readonly key: Buffer | undefined;
  sole: Need | undefined;
  /** Where there are several, or were. */
  index: NeedIndex<Need> | undefined;
}

export function enlist<Need extends Indexed>(feed: Indexing<Need>, need: Need): void {
  if (feed.index !== undefined) feed.index.add(need);
  else if (feed.sole === undefined) feed.sole = need;
  else if (feed.sole !== need) {
    feed.index = new NeedIndex();
    feed.index.add(feed.sole);
    feed.index.add(need);
    feed.sole = undefined;
  }
}

export function strike<Need extends Indexed>(feed: Indexing<Need>, need: Need): void {
  if (feed.sole === need) feed.sole = undefined;
  feed.index?.remove(need);
}

/** Calls `found` for every need of the feed that an event of the key in the database concerns. */
export function match<Need extends Indexed>(
  { key, sole, index }: Indexing<Need>,
  said: Said,
  found: (need: Need) => void,
): void {
  if (sole === undefined) index?.match(said, found);
  else if (key !== undefined || concerns(sole, said)) found(sole);
}

/** Whether the key and the event are what the need names. */
function concerns(need: Indexed, said: Said): boolean {
  const { glob, interest } = need;
  const isOf =
    glob === undefined
      ? Buffer.from(interest.bytes).toString() === said.event
      : glob.matches(said.key);
  return isOf && isAbout(need, said);
}

/**
 * Needs in such an order that finding those an event concerns costs the same for ten and for ten
 * thousand of them: exact keys in a map, prefixes in a radix tree, globs in the tree of their literal
 * prefixes, or of their literal suffixes where that is the longer one.
 */
export class NeedIndex<Need extends Indexed> {
  readonly #keys = new Map<string, Set<Need>>();
  readonly #events = new Map<string, Set<Need>>();
  readonly #prefixes = new RadixTree<Need>();
  readonly #suffixes = new RadixTree<Need>();

  add(need: Need): void {
    const place = placeOf(need);
    switch (place.kind) {
      case "key":
        addTo(this.#keys, place.text, need);
        break;
      case "event":
        addTo(this.#events, place.text, need);
        break;
      case "prefix":
        this.#prefixes.add(place.text, need);
        break;
      case "suffix":
        this.#suffixes.add(place.text, need);
    }
  }

  remove(need: Need): void {
    const place = placeOf(need);
    switch (place.kind) {
      case "key":
        removeFrom(this.#keys, place.text, need);
        break;
      case "event":
        removeFrom(this.#events, place.text, need);
        break;
      case "prefix":
        this.#prefixes.remove(place.text, need);
        break;
      case "suffix":
        this.#suffixes.remove(place.text, need);
    }
  }

  /** Calls `found` for every need that an event of the key in the database concerns. */
  match(said: Said, found: (need: Need) => void): void {
    const { latin1, event } = said;
    const check = (need: Need) => {
      if (isAbout(need, said)) found(need);
    };
    for (const need of this.#keys.get(latin1) ?? []) check(need);
    for (const need of this.#events.get(event) ?? []) check(need);
    this.#prefixes.match(latin1, check);
    if (!this.#suffixes.isEmpty) this.#suffixes.match(reverse(latin1), check);
  }
}

interface Place {
  readonly kind: "key" | "event" | "prefix" | "suffix";
  readonly text: string;
}

function placeOf(need: Indexed): Place {
  const { glob, interest } = need;
  // Event names stand in messages as UTF-8 text, keys as bytes.
  if (glob === undefined) return { kind: "event", text: Buffer.from(interest.bytes).toString() };
  const prefix = Buffer.from(glob.prefix).toString("latin1");
  if (glob.isLiteral) return { kind: "key", text: prefix };
  const suffix = Buffer.from(glob.suffix).toString("latin1");
  if (suffix.length > prefix.length) return { kind: "suffix", text: reverse(suffix) };
  return { kind: "prefix", text: prefix };
}

/** Where the place alone does not decide: the database, and what a glob says beyond its literal part. */
function isAbout({ interest, glob }: Indexed, { db, key }: Said): boolean {
  if (interest.db !== "*" && interest.db !== db) return false;
  return glob === undefined || glob.isLiteral || glob.isPrefix || glob.matches(key);
}

function addTo<T>(map: Map<string, Set<T>>, text: string, need: T): void {
  const needs = map.get(text);
  if (needs === undefined) map.set(text, new Set([need]));
  else needs.add(need);
}

function removeFrom<T>(map: Map<string, Set<T>>, text: string, need: T): void {
  const needs = map.get(text);
  needs?.delete(need);
  if (needs?.size === 0) map.delete(text);
}

function reverse(text: string): string {
  let reversed = "";
  for (let at = text.length - 1; at >= 0; at--) reversed += text[at];
  return reversed;
}
