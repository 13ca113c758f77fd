import { exactGlob, Glob, type Interest, prefixGlob } from "@keywire/shared";
import type { Feed } from "./feed.js";
import type { Gap, Listener, Notification } from "./notification.js";
import { slotOf } from "./slot.js";

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
