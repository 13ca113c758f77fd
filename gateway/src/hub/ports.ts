import type { GapReason, Interest } from "@keywire/shared";

/** One keyspace event as one Redis node raised it. */
export interface Notification {
  /** The node's id: a cluster's 40 hex digits, else host:port. */
  readonly node: string;
  readonly db: number;
  readonly key: Uint8Array;
  readonly event: string;
  /** Hash fields that changed, where a subkey notification named them. */
  readonly fields?: readonly Uint8Array[];
  /** ms since the Unix epoch. */
  readonly receivedAt: number;
}

/** A stretch of time in which the source may have missed events. */
export interface SourceGap {
  readonly reason: GapReason;
  /** The last moment the source was known good, ms since the Unix epoch. */
  readonly from: number;
  /** When its subscriptions were acknowledged again, ms since the Unix epoch. */
  readonly to: number;
}

/** Told synchronously and in stream order: a gap stands where the events may be missing. */
export interface SourceListener {
  notification(notification: Notification): void;
  gap(gap: SourceGap): void;
}

/** Where notifications come from: the keyspace layer, or a fake in tests. */
export interface Source {
  /**
   * Resolves when Redis acknowledged that every matching event from now on is told.
   *
   * @throws WireError `unavailable`, `notifications_disabled` or `forbidden` where it did not
   */
  subscribe(interest: Interest, listener: SourceListener): Promise<SourceSubscription>;
}

export interface SourceSubscription {
  unsubscribe(): Promise<void>;
}
