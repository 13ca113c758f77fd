import { randomUUID } from "node:crypto";
import { type Few, isAmong, withOne } from "@keywire/shared";
import type { ParsedNotification } from "./grammar.js";
import type { Mark } from "./marks.js";
import type { Feed, Need } from "./need.js";
import type { Notification } from "./notification.js";

/** One event on its way to those it is for, over however many feeds it came. */
export interface Telling {
  readonly notification: Notification;
  /** Whom it is for, where it is held back. */
  needs: Need[] | undefined;
  /** Whether those that it was for have been told. */
  isTold: boolean;
}

type FenceMark = Extract<Mark, { kind: "fence" }>;

/**
 * What one node's link bears, read in its order: whose doing an event is, which fence stands before
 * it, and which messages are one event.
 *
 * Redis tells an event once on each feed that it matches, in one go. So messages that say the same,
 * next to each other, on feeds that differ, are one event; on a feed that had it already, the next.
 */
export class NodeStream {
  readonly #node: string;
  /** Whether marks name their node. */
  readonly #isNamed: boolean;
  #origin: string | undefined;
  #after: string | undefined;
  #newest: Telling | undefined;
  /** The feeds that the newest event came on. */
  #feeds: Few<Feed>;

  constructor(node: string, isCluster: boolean) {
    this.#node = node;
    this.#isNamed = isCluster;
  }

  /**
   * A new link bears it: nothing is known of what stands before.
   *
   * @returns the id of the fence that stands here for this link alone
   */
  begin(): string {
    const id = `link-${randomUUID()}`;
    this.#origin = undefined;
    this.#after = id;
    this.#newest = undefined;
    return id;
  }

  /** The event that a message is about; the same one as before where it came on another feed too. */
  read(feed: Feed, parsed: ParsedNotification, receivedAt: number): Telling {
    const newest = this.#newest;
    if (newest !== undefined && isSame(newest, parsed) && !isAmong(this.#feeds, feed)) {
      this.#feeds = withOne(this.#feeds, feed);
      return newest;
    }
    const { db, key, latin1, isPlain, event, fields } = parsed;
    const notification: Notification = {
      node: this.#node,
      db,
      key,
      latin1,
      isPlain,
      event,
      fields,
      receivedAt,
      origin: this.#origin,
      after: this.#after,
    };
    const telling = { notification, needs: undefined, isTold: false };
    this.#newest = telling;
    this.#feeds = feed;
    return telling;
  }

  /** Messages from here on may come on feeds that those before could not. */
  cut(): void {
    this.#newest = undefined;
  }

  /** @returns it, where it is a fence of this node */
  mark(mark: Mark): FenceMark | undefined {
    if (this.#isNamed && mark.node !== this.#node) return undefined;
    this.#newest = undefined;
    this.#origin = mark.kind === "begin" ? mark.origin : undefined;
    if (mark.kind !== "fence") return undefined;
    this.#after = mark.id;
    return mark;
  }

  /** This is no place inside a transaction: a `begin` without its `end` was somebody else's. */
  calm(): void {
    this.#origin = undefined;
  }
}

function isSame(
  { notification }: Telling,
  { db, latin1, event, fields }: ParsedNotification,
): boolean {
  return (
    notification.event === event &&
    notification.db === db &&
    notification.fields === undefined &&
    fields === undefined &&
    notification.latin1 === latin1
  );
}
