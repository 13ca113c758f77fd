/** The letters that classes of events go by in `notify-keyspace-events`, and the events of each. */

const NAMES: Readonly<Record<string, string>> = {
  g: "del rename_from rename_to move_from move_to copy_to restore expire persist",
  $: "set setrange setbit append incrby incrbyfloat pfadd",
  l: "lpush rpush lpop rpop linsert lset lrem ltrim sortstore",
  s: "sadd srem spop sinterstore sunionstore sdiffstore",
  h: "hset hincrby hincrbyfloat hdel hexpire hexpired hpersist",
  z: "zadd zincr zrem zremrangebyrank zremrangebyscore zremrangebylex zpopmin zpopmax zinterstore zunionstore zdiffstore zrangestore geosearchstore georadiusstore",
  t: "xadd xtrim xdel xdelex xackdel xsetid xgroup-create xgroup-createconsumer xgroup-delconsumer xgroup-destroy xgroup-setid",
  x: "expired",
  e: "evicted",
  m: "keymiss",
  n: "new",
};
/** Events of modules' own types may have any name that is no other class's. */
const MODULE_CLASS = "d";
/** What these raise goes along with another event, and belongs to classes that have no letter here. */
const UNLETTERED = new Set(["overwritten", "type_changed"]);

/** Every letter that is a class, in the order of Redis' documentation. */
export const CLASS_LETTERS = "g$lshzxetdmn";
/** `A`, as servers read it. */
const ALL_CLASSES = "g$lshzxetd";
/** Bytes of an event name: whoever may publish can make up longer ones. */
const MAX_NAME = 255;
/** Classes of a single event: a feed of that event is free for Redis. */
const SINGLE_EVENTS = "xemn";

const CLASS_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(NAMES).flatMap(([letter, names]) =>
    names.split(" ").map((name): [string, string] => [name, letter]),
  ),
);

/** A choice of events by their classes. */
export class EventClasses {
  /** The letters of all chosen classes, `A` spelt out. */
  readonly letters: ReadonlySet<string>;

  /** @param written letters of CLASS_LETTERS and `A` */
  constructor(written: string) {
    this.letters = new Set(written.replaceAll("A", ALL_CLASSES));
  }

  /** Whether an event of that name is chosen. */
  has(event: string): boolean {
    const letter = CLASS_OF.get(event);
    if (letter !== undefined) return this.letters.has(letter);
    if (event.length > MAX_NAME) return false;
    return this.letters.has(MODULE_CLASS) && !UNLETTERED.has(event);
  }

  /** The names of the chosen events, where each class is of one event alone; else undefined. */
  names(): string[] | undefined {
    const letters = [...this.letters];
    if (!letters.every((letter) => SINGLE_EVENTS.includes(letter))) return undefined;
    return letters.map((letter) => NAMES[letter] ?? "");
  }

  /** The chosen events that servers leave out of `A`: to be asked for by name. */
  extras(): string[] {
    return ["m", "n"].filter((letter) => this.letters.has(letter)).map((l) => NAMES[l] ?? "");
  }
}

/** The characters that are no letter of a class. */
export function unknownLetters(written: string): string[] {
  return [...new Set(written)].filter(
    (letter) => letter !== "A" && !CLASS_LETTERS.includes(letter),
  );
}
