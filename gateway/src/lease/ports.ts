/**
 * How work is shared among gateways. The keyspace is cut into 64 parts by hash slot; whoever holds a
 * part's lease hands that part's events to its worker, everybody else keeps them until the holder has
 * said that they are done.
 */

import type { Clock, Interest } from "@keywire/shared";

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
  /** The id of the last fence that its node's stream bore before it. */
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
   * @param mayBeRepeat a gateway that ended without a word may have handed it out already
   */
  take(event: E, done: () => void, mayBeRepeat: boolean): void;
  /** Tells of events that never came. */
  missed(missed: Missed): void;
}

// What the room needs of the world.

/** Where events come from: the keyspace layer. */
export interface Source<E extends Event = Event> {
  /** Resolves when every matching event from now on is told. */
  subscribe(interest: Interest, listener: SourceListener<E>): Promise<SourceSubscription>;
}

/** Told synchronously, the events of one key in their order. */
export interface SourceListener<E extends Event = Event> {
  /** An event that several interests are about is told several times in a row, as one object. */
  notification(event: E): void;
  /** Some may be missing that happened between these, ms since the Unix epoch. */
  gap(gap: { readonly from: number; readonly to: number }): void;
}

export interface SourceSubscription {
  unsubscribe(): Promise<void>;
}

/** A named place in one node's stream of events. */
export interface Fence {
  readonly node: string;
  readonly id: string;
  /** `link`: where this gateway's link to the node begins, which no other gateway knows of. */
  readonly kind: "raised" | "link";
  readonly note: string;
}

/** Told of the fences of all gateways. */
export interface FenceListener {
  /** Events received from here on bear it. */
  raised(fence: Fence): void;
  /** All events received before it have been told. In each node's order. */
  passed(fence: Fence): void;
}

/** Puts fences into the nodes' streams and tells of them. */
export interface Fences {
  /** The nodes that events come from. */
  nodes(): readonly NodeState[];
  /**
   * Up to when all has come that was raised on the nodes that are ready, ms since the Unix epoch: what
   * comes from here on was raised later.
   */
  heardUntil(): number;
  raise(node: string, id: string, note: string): Promise<void>;
  /** @returns stops listening */
  listen(listener: FenceListener): () => void;
}

export interface NodeState {
  readonly id: string;
  /** `ready` is one that is listened to. */
  readonly state: string;
  /** Since when, ms since the Unix epoch. */
  readonly since: number;
}

/** One part's lease, as it stands in Redis. */
export interface Lease {
  readonly part: number;
  /** Goes up with each gateway that takes the part. */
  readonly epoch: number;
  /** Whose it is or was last; undefined where it was released. */
  readonly holder: string | undefined;
  readonly isExpired: boolean;
  /** Up to when all its events are done, ms since the Unix epoch by the clock of Redis. */
  readonly done: number;
  /** What the last holder wrote on releasing it; empty where it did not. */
  readonly handover: string;
}

export interface Taken extends Lease {
  readonly isNew: boolean;
}

export interface Renewal {
  readonly part: number;
  readonly epoch: number;
  /** By the clock of Redis; where it is undefined, or earlier, what stands stays. */
  readonly done: number | undefined;
}

export interface Release extends Renewal {
  readonly handover: string;
}

export interface Standing {
  /** The clock of Redis, ms since the Unix epoch. */
  readonly now: number;
  /** The gateways that share the work. */
  readonly gateways: readonly string[];
  /** The leases that anybody ever held. */
  readonly leases: readonly Lease[];
}

/** The leases of one group as one gateway sees and changes them. Whatever fails rejects, in time. */
export interface LeaseStore {
  /**
   * Renews those leases that are still this gateway's own, run out or not.
   *
   * @param isSharing whether this gateway is to be given parts
   */
  sync(renewals: readonly Renewal[], isSharing: boolean): Promise<Standing>;
  /**
   * Takes what nobody holds, or this gateway does already.
   *
   * @returns those that were got, with the new epoch, and besides that as they were before; one that
   *   nobody ever held is done up to this moment, and its `isNew` is true
   */
  take(parts: readonly number[]): Promise<Taken[]>;
  /** Lets go of those that are still this gateway's own. */
  release(releases: readonly Release[]): Promise<void>;
  close(): void;
}

/** Told what is worth a metric or a log line. */
export interface LeaseReport {
  /** Leases were taken over from a gateway that ended without a word, or that nobody held. */
  taken(parts: number): void;
  /** Leases ran out before they could be renewed. */
  lapsed(parts: number): void;
  /** The worker was told of events that never came. */
  missed(missed: Missed): void;
  /** An event was handed out that another gateway may have handed out already. */
  repeated(): void;
  /** The leases cannot be kept or the fences not be raised just now; undefined when it is over. */
  trouble(error: Error | undefined): void;
  /** The worker threw. */
  fault(error: unknown): void;
}

export interface LeasePorts<E extends Event = Event> {
  readonly source: Source<E>;
  readonly fences: Fences;
  readonly store: LeaseStore;
  readonly clock: Clock;
  /** ms of a clock that nobody sets. */
  readonly monotonic: () => number;
  /** The hash slot of a key, 0 to 16383. */
  readonly slotOf: (key: Uint8Array) => number;
  /** Unlike that of every other gateway, and of every other life of this one; no spaces. */
  readonly gatewayId: string;
  readonly report: LeaseReport;
}

export interface LeaseSettings {
  /** How long a lease stands without being renewed, ms. */
  readonly ttl: number;
  /** Events kept that are not handed out. */
  readonly backlogEntries: number;
  /** Bytes of them. */
  readonly backlogBytes: number;
}

export interface LeaseStatus {
  readonly name: string;
  /** This gateway's own id. */
  readonly gateway: string;
  /** `lapsed`: the leases ran out, work waits. */
  readonly state: "idle" | "sharing" | "lapsed" | "leaving" | "stopped";
  /** How many parts each gateway holds, as of the last look. */
  readonly gateways: readonly { readonly id: string; readonly parts: number }[];
  /** The parts that this one holds. */
  readonly parts: readonly number[];
  readonly backlog: {
    /** Events kept: not handed out, or not done. */
    readonly entries: number;
    readonly bytes: number;
    /** Those of them that the worker has and has not done. */
    readonly underWay: number;
  };
  /** Why the leases cannot be kept just now. */
  readonly problem?: string;
}
