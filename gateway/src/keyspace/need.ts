import { type Database, exactGlob, Glob, type Interest, prefixGlob, slotOf } from "@keywire/shared";
import type { FeedIndex } from "./feed-index.js";
import type { Gap, Listener, Notification } from "./notification.js";

/** One Redis subscription that serves needs, on every primary that can raise its events. */
export interface Feed {
  readonly kind: "subscribe" | "psubscribe";
  /** What SUBSCRIBE or PSUBSCRIBE is given. */
  readonly channel: Buffer;
  /** Set where the owner of this slot alone can raise its events. */
  readonly slot: number | undefined;
  readonly db: Database;
  /** The keys it hears of; undefined for a feed of one event. */
  readonly glob: Glob | undefined;
  /** The `notify-keyspace-events` letters without which Redis would never send. */
  readonly flags: string;
  /** The needs it is to serve. */
  readonly needs: Set<Need>;
  /** How many of them are about all that it hears of. */
  natives: number;
  /** How many of them would each take a pattern of their own. */
  patterns: number;
  /** The needs it serves or is to serve on any node, by what they match. */
  readonly index: FeedIndex<Need>;
}

/** By which feed of a node a need is served, and since when it has been by any, ms since the Unix epoch. */
export interface Serving {
  /** Who serves it. */
  readonly node: object;
  readonly feed: Feed;
  readonly since: number;
}

/** What one or many subscribers with the same interest need from Redis. */
export class Need {
  readonly id: string;
  readonly interest: Interest;
  /** The keys it is about; undefined where it is about an event of any key. */
  readonly glob: Glob | undefined;
  /** The slot that all its keys are in, where that is known. */
  readonly slot: number | undefined;
  readonly listeners = new Set<Listener>();
  /** The feed that is to serve it; the plan sets it. */
  feed: Feed | undefined;
  /** How it is served by the node that last took it up; that node sets it. */
  newestServing: Serving | undefined;
  /** Since when its listeners are owed all that happens, ms since the Unix epoch. */
  owedSince: number | undefined;
  /** The feeds whose index holds it: its own, and those that still serve it somewhere. */
  readonly indexed = new Set<Feed>();

  constructor(interest: Interest) {
    this.id = needId(interest);
    this.interest = interest;
    this.glob = globOf(interest);
    this.slot = interest.kind === "key" ? slotOf(interest.bytes) : undefined;
  }

  tell(notification: Notification): void {
    for (const listener of this.listeners) listener.notification(notification);
  }

  tellGap(gap: Gap): void {
    for (const listener of this.listeners) listener.gap(gap);
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
