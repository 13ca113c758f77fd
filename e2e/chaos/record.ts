/**
 * What a run leaves behind, and all that the checker is given. Times are ms since the Unix epoch, all
 * by the clock of the one machine that everything runs on.
 */

/** One event that a write raised or may have raised: a line of the ledger. */
export interface Line {
  /** Its place in the ledger; those of one key rise in the order in which they were written. */
  readonly n: number;
  readonly key: string;
  readonly event: string;
  /** The command was sent no sooner, and its answer had been read by `after`. */
  readonly before: number;
  readonly after: number;
  /** `maybe`: the answer never came, so it may have happened or not, and long after `after`. */
  readonly outcome: "raised" | "maybe";
}

export interface ChannelSpec {
  /** As a client names it. */
  readonly name: string;
  readonly kind: "key" | "prefix" | "pattern" | "event";
  /** What stands behind the kind. */
  readonly rest: string;
  /** Only these events; all where absent. */
  readonly events?: readonly string[];
}

export interface Cursor {
  readonly epoch: string;
  readonly offset: number;
}

/** What a client logged of one channel, in the order in which it came. `at`: when it came. */
export type Entry =
  | {
      readonly kind: "subscribed";
      readonly at: number;
      readonly epoch: string;
      readonly offset: number;
      readonly resumed: boolean | undefined;
      /** What the client had asked to resume from. */
      readonly since: Cursor | undefined;
    }
  | {
      readonly kind: "event";
      readonly at: number;
      readonly offset: number;
      readonly key: string;
      readonly event: string;
      readonly time: number;
    }
  | {
      readonly kind: "gap";
      readonly at: number;
      readonly offset: number;
      readonly reason: string;
      readonly from: number;
      readonly to: number;
      /** Undefined in a gap of the source, which has an offset of its own. */
      readonly missed: number | null | undefined;
    }
  /** The connection ended; what the gateway had sent by `goodUntil` had come. */
  | { readonly kind: "lost"; readonly at: number; readonly goodUntil: number };

export type EventEntry = Extract<Entry, { kind: "event" }>;
export type GapEntry = Extract<Entry, { kind: "gap" }>;

/** One client's log of one channel, over all its connections. */
export interface Stream {
  readonly client: string;
  readonly transport: string;
  readonly channel: ChannelSpec;
  readonly entries: readonly Entry[];
}

/** First and last slot of a range. */
export type SlotRange = readonly [number, number];

/** Something that was done to the deployment, and for how long it could not work. */
export interface FaultRecord {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  /** Where it touches the keys of these slots only. */
  readonly slots?: readonly SlotRange[];
  /** Where it touches these clients only. */
  readonly clients?: readonly string[];
}

/**
 * A write that Redis acknowledged and then lost in a failover: its event was raised, and what it
 * did is undone, which raises none.
 */
export interface Rollback {
  /** The line of its event. */
  readonly n: number;
  /** When it was found undone. */
  readonly by: number;
}

export interface RunRecord {
  readonly lines: readonly Line[];
  readonly rollbacks: readonly Rollback[];
  readonly streams: readonly Stream[];
  readonly faults: readonly FaultRecord[];
  /** What was still held after all clients had left, a sentence each. */
  readonly leftovers: readonly string[];
}
