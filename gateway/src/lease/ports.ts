/**
 * How work is shared among gateways. The keyspace is cut into 64 parts by hash slot; whoever holds a
 * part's lease hands that part's events to its worker, everybody else keeps them until the holder has
 * said that they are done.
 */

/** How many parts the keyspace is cut into. */
export const PARTS = 64;

/** One keyspace event, as much of it as this room looks at. */
export interface Event {
  /** The node's id: a cluster's 40 hex digits, else `host:port`. */
  readonly node: string;
  readonly db: number;
  readonly key: Uint8Array;
  readonly event: string;
  /** ms since the Unix epoch. */
  readonly receivedAt: number;
  /** Who wrote it, where one of our libraries did: `trigger:<library>.<consumer>`. */
  readonly origin?: string | undefined;
  /** The last mark that this node's stream bore before the event; undefined before the first one. */
  readonly after?: string | undefined;
}

/** Events that no gateway handed to a worker, or nobody knows whether one did. */
export interface Missed {
  /** The parts they belong to. */
  readonly parts: readonly number[];
  /** How many, null where nobody knows. */
  readonly count: number | null;
  /** ms since the Unix epoch; they happened between these. */
  readonly from: number;
  readonly to: number;
  /** `source`: Redis may have told some to nobody; `unattended`: no gateway listened; `overflow`: the backlog was full. */
  readonly reason: "source" | "unattended" | "overflow";
}

/** What is fed: triggers, or a sink. It is given the events of the parts that this gateway holds. */
export interface Worker<E extends Event = Event> {
  /**
   * Takes one event; the events of one key come in their order. May be called while earlier ones
   * are under way: what must run in order is for the worker to queue.
   *
   * @param done to be called once, when the event need never be handed out again; until then this
   *   gateway, or the one that takes the part over, may hand it out once more
   */
  take(event: E, done: () => void): void;
  /** Tells of events that never came. */
  missed(missed: Missed): void;
}
