import { type Glob, type Interest, RadixTree } from "@keywire/shared";

/** What an index goes by. */
export interface Indexed {
  readonly interest: Interest;
  /** The keys it is about; undefined where it is about an event of any key. */
  readonly glob: Glob | undefined;
}

/** The needs of one feed by what they match. Most feeds serve one need, and then it is asked itself. */
export class FeedIndex<Need extends Indexed> {
  /** Whether the feed is of one key in one database, so that all that comes on it is of every need. */
  readonly #isExact: boolean;
  #only: Need | undefined;
  #many: ManyNeeds<Need> | undefined;

  constructor(isExact = false) {
    this.#isExact = isExact;
  }

  add(need: Need): void {
    if (this.#many !== undefined) this.#many.add(need);
    else if (this.#only === undefined) this.#only = need;
    else if (this.#only !== need) {
      this.#many = new ManyNeeds();
      this.#many.add(this.#only);
      this.#many.add(need);
      this.#only = undefined;
    }
  }

  remove(need: Need): void {
    if (this.#only === need) this.#only = undefined;
    this.#many?.remove(need);
  }

  /** Calls `found` for every need that an event of the key in the database concerns. */
  match(db: number, key: Buffer, event: string, found: (need: Need) => void): void {
    if (this.#only === undefined) this.#many?.match(db, key, event, found);
    else if (this.#isExact) found(this.#only);
    else if (isOf(this.#only, key, event) && isAbout(this.#only, db, key)) found(this.#only);
  }
}

/** Whether the key or the event is the one that the need names, where it names one. */
function isOf({ glob, interest }: Indexed, key: Buffer, event: string): boolean {
  if (glob === undefined) return Buffer.from(interest.bytes).toString() === event;
  return glob.matches(key);
}

/**
 * Needs in such an order that finding those an event concerns costs the same for ten and for ten
 * thousand of them: exact keys in a map, prefixes in a radix tree, globs in the tree of their literal
 * prefixes, or of their literal suffixes where that is the longer one.
 */
class ManyNeeds<Need extends Indexed> {
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
  match(db: number, key: Buffer, event: string, found: (need: Need) => void): void {
    const text = key.toString("latin1");
    const check = (need: Need) => {
      if (isAbout(need, db, key)) found(need);
    };
    for (const need of this.#keys.get(text) ?? []) check(need);
    for (const need of this.#events.get(event) ?? []) check(need);
    this.#prefixes.match(text, check);
    if (!this.#suffixes.isEmpty) this.#suffixes.match(reverse(text), check);
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
function isAbout(need: Indexed, db: number, key: Buffer): boolean {
  const { interest, glob } = need;
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
