import type { Clock, GapReason, Interest, SnapshotEntry, Value } from "@keywire/shared";

/** One keyspace event as one Redis node raised it. */
export interface Notification {
  /** The node's id: a cluster's 40 hex digits, else host:port. */
  readonly node: string;
  readonly db: number;
  readonly key: Uint8Array;
  /** The key, a character for each byte. */
  readonly latin1: string;
  /** Whether JSON shows the key as it is: printable ASCII without quotes and backslashes. */
  readonly isPlain: boolean;
  readonly event: string;
  /** Hash fields that changed, where a subkey notification named them. */
  readonly fields?: readonly Uint8Array[] | undefined;
  /** ms since the Unix epoch. */
  readonly receivedAt: number;
  /** Who did it, where that is known: `trigger:<library>.<consumer>`. */
  readonly origin?: string | undefined;
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
  /**
   * An event is told soon: looks at what that takes, and returns something of it. Of ten thousand keys hardly
   * any is in the processor's cache; who looks at those of many events first has it fetch several at once.
   */
  lookAhead?(): number;
  notification(notification: Notification): void;
  gap(gap: SourceGap): void;
}

/** Where notifications come from: the keyspace layer, or a fake in tests. */
export interface Source {
  /**
   * Resolves when Redis acknowledged that every matching event from now on is told.
   *
   * @param events those that the listener cares for; all that Redis tells unasked where left out
   * @throws WireError `unavailable`, `notifications_disabled` or `forbidden` where it did not
   */
  subscribe(
    interest: Interest,
    listener: SourceListener,
    events?: readonly string[],
  ): Promise<SourceSubscription>;
}

export interface SourceSubscription {
  unsubscribe(): Promise<void>;
}

/** What a key holds. */
export interface KeyState {
  /** null where the key does not exist. */
  readonly value: Value | null;
  /** ms left, where the key expires. */
  readonly ttl?: number;
}

export interface Snapshot {
  readonly entries: readonly SnapshotEntry[];
  /** There may be more keys than these. */
  readonly truncated: boolean;
}

/** Reads keys for channels that deliver values. */
export interface ValueReader {
  /** A moment; values that were read since a channel's are as good as new for it. */
  mark(): number;
  /**
   * What the key holds, as of a moment after the call.
   *
   * @throws WireError `unavailable`
   */
  read(db: number, key: Uint8Array, event: string): Promise<KeyState>;
  /**
   * The keys that an interest is about, with their values.
   *
   * @param liveSince since when every event of them was told to `seen`
   * @throws WireError `unavailable` or `unsupported`
   */
  snapshot(interest: Interest, limit: number, liveSince: number): Promise<Snapshot>;
  /** Something happened to the key: what was read of it before is old. */
  seen(notification: Notification): void;
  /** Clients now know the key, and until when it lives. */
  delivered(db: number, key: Uint8Array, state: KeyState): void;
}

/** Told what is worth a metric or a log line. */
export interface HubReport {
  /** A notification that at least one channel is about; once, however many channels. */
  received(): void;
  /**
   * Messages were handed to a channel's members: so many messages, to so many members.
   *
   * @param since when the oldest of them happened, ms since the Unix epoch
   */
  delivered(messages: number, members: number, since: number): void;
  /** So many messages were forgotten before their time, since all channels together kept too much. */
  shed(messages: number): void;
  /** A channel has a gap. */
  gap(reason: GapReason): void;
  /** The source acknowledged a channel after so many ms. */
  acknowledged(ms: number): void;
  /** The source failed in a way that it does not document, or would not let go of a channel. */
  fault(channel: string, error: unknown): void;
}

export interface HubPorts {
  readonly source: Source;
  readonly clock: Clock;
  /** Runs the task once, when the present turn of the event loop has handed in all it has. */
  readonly endOfTurn: (task: () => void) => void;
  /** Random letters and digits that tell this life of the gateway from all others. */
  readonly life: string;
  readonly report: HubReport;
  readonly values: ValueReader;
}

export interface HubSettings {
  /** How long a channel outlives its last member, ms. */
  readonly linger: number;
  /** How many messages a channel keeps for members that come back. */
  readonly historySize: number;
  /** How many bytes of them. */
  readonly historyBytes: number;
  /** How long, ms. */
  readonly historyTtl: number;
  /** How many bytes of memory the messages take that all channels keep. */
  readonly historyMemory: number;
}
