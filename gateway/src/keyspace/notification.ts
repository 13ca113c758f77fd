import type { GapReason } from "@keywire/shared";

/** One keyspace event as one Redis node raised it. */
export interface Notification {
  /** The node's id: a cluster's 40 hex digits, else `host:port`. */
  readonly node: string;
  readonly db: number;
  /** Not to be written to: others are told of it in the same bytes. */
  readonly key: Buffer;
  /** The key, a character for each byte. */
  readonly latin1: string;
  /** Whether JSON shows the key as it is: printable ASCII without quotes and backslashes. */
  readonly isPlain: boolean;
  readonly event: string;
  /** Hash fields that changed, where a subkey notification named them. */
  readonly fields?: readonly Buffer[] | undefined;
  /** ms since the Unix epoch. */
  readonly receivedAt: number;
  /** Who did it, where marks said so: `trigger:<library>.<consumer>`. */
  readonly origin?: string | undefined;
  /** The last fence that the node's stream bore before it; a new link begins with one of its own. */
  readonly after?: string | undefined;
}

/** A place in one node's stream: published by some gateway, or where this one's link begins. */
export interface Fence {
  readonly node: string;
  readonly id: string;
  /** `link`: where this gateway's link to the node begins; nobody else knows of it. */
  readonly kind: "raised" | "link";
  /** What its publisher had to say. */
  readonly note: string;
}

/** Told of all fences on all nodes, whoever published them. */
export interface FenceListener {
  /** It came: notifications received from here on bear it, though earlier ones may still be held back. */
  raised(fence: Fence): void;
  /** All that was received before it has been told, or never will be. In each node's order. */
  passed(fence: Fence): void;
}

/** A stretch of time in which events may be missing. */
export interface Gap {
  readonly reason: GapReason;
  /** The last moment the source was known good, ms since the Unix epoch. */
  readonly from: number;
  /** When its subscriptions were acknowledged again, ms since the Unix epoch. */
  readonly to: number;
}

/** Told synchronously and in the order of each node's stream: a gap stands where events may be missing. */
export interface Listener {
  /**
   * An event is told soon: looks at what that takes, and returns something of it. Of ten thousand keys hardly
   * any is in the processor's cache; who looks at those of many events first has it fetch several at once.
   */
  lookAhead?(): number;
  notification(notification: Notification): void;
  gap(gap: Gap): void;
}
