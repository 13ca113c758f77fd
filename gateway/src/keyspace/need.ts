import {
  type Database,
  exactGlob,
  type Few,
  Glob,
  type Interest,
  prefixGlob,
  slotOf,
  soleOf,
  visitEach,
  withOne,
  withoutOne,
} from "@keywire/shared";
import type { NeedIndex } from "./feed-index.js";
import type { Gap, Listener, Notification } from "./notification.js";

/** One Redis subscription that serves needs, on every primary that can raise its events. */
export interface Feed {
  readonly kind: "subscribe" | "psubscribe";
  /** What SUBSCRIBE or PSUBSCRIBE is given. */
  readonly channel: Buffer;
  /** Set where the owner of this slot alone can raise its events. */
  readonly slot: number | undefined;
  readonly db: Database;
  /** The key that it hears of, where that is one in one database. */
  readonly key: Buffer | undefined;
  /** The same, a character for each byte. */
  readonly latin1: string | undefined;
  /** Whether JSON shows it as it is. */
  readonly isPlain: boolean;
  /** The keys it hears of; undefined for a feed of one event. */
  readonly glob: Glob | undefined;
  /** The `notify-keyspace-events` letters without which Redis would never send. */
  readonly flags: string;
  /** The needs it is to serve. */
  needs: Few<Need>;
  /** How many of them are about all that it hears of. */
  natives: number;
  /** How many of them would each take a pattern of their own. */
  patterns: number;
  /** The need it serves or is to serve on any node, where that is one alone. */
  sole: Need | undefined;
  /** Those needs by what they match, where they are several, or were. */
  index: NeedIndex<Need> | undefined;
}

/** What one or many subscribers with the same interest need from Redis. */
export class Need {
  // What each event needs is together: of ten thousand needs, hardly any is in the processor's cache.
  /** The node that last took it up, and the feed that serves it there; that node sets them. */
  servedOn: object | undefined;
  servedBy: Feed | undefined;
  #listeners: Few<Listener>;
  readonly id: string;
  readonly interest: Interest;
  /** The keys it is about; undefined where it is about an event of any key. */
  readonly glob: Glob | undefined;
  /** The slot that all its keys are in, where that is known. */
  readonly slot: number | undefined;
  /** The feed that is to serve it; the plan sets it. */
  feed: Feed | undefined;
  /** Since when its listeners are owed all that happens, ms since the Unix epoch. */
  owedSince: number | undefined;
  /** The feeds whose index holds it: its own, and those that still serve it somewhere. */
  indexed: Few<Feed>;

  constructor(interest: Interest) {
    this.id = needId(interest);
    this.interest = interest;
    this.glob = globOf(interest);
    this.slot = interest.kind === "key" ? slotOf(interest.bytes) : undefined;
  }

  get isListenedTo(): boolean {
    return this.#listeners !== undefined;
  }

  listen(listener: Listener): void {
    this.#listeners = withOne(this.#listeners, listener);
  }

  unlisten(listener: Listener): void {
    this.#listeners = withoutOne(this.#listeners, listener);
  }

  /** Where it is one alone, and the need is served. */
  get soleListener(): Listener | undefined {
    return this.servedBy === undefined ? undefined : soleOf(this.#listeners);
  }

  tell(notification: Notification): void {
    visitEach(this.#listeners, (listener) => listener.notification(notification));
  }

  tellGap(gap: Gap): void {
    // What was noted before the clock was set back seems to be yet to come.
    const from = Math.min(gap.from, gap.to);
    visitEach(this.#listeners, (listener) => listener.gap({ ...gap, from }));
  }
}

/** Equal for interests that are about the same keys and events of the same databases. */
export function needId({ kind, db, bytes }: Interest): string {
  return `${kind}@${db}:${Buffer.from(bytes).toString("latin1")}`;
}

function globOf({ kind, bytes }: Interest): Glob | undefined {
  switch (kind) {
    case "key":
      return exactGlob(bytes);
    case "prefix":
      return prefixGlob(bytes);
    case "pattern":
      return Glob.parse(bytes);
    case "event":
      return undefined;
  }
}
