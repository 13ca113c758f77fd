import type { GapReason } from "@keywire/shared";

/** One keyspace event as one Redis node raised it. */
export interface Notification {
  /** The node's id: a cluster's 40 hex digits, else `host:port`. */
  readonly node: string;
  readonly db: number;
  readonly key: Buffer;
  readonly event: string;
  /** Hash fields that changed, where a subkey notification named them. */
  readonly fields?: readonly Buffer[];
  /** ms since the Unix epoch. */
  readonly receivedAt: number;
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
  notification(notification: Notification): void;
  gap(gap: Gap): void;
}
