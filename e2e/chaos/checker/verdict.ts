import type { Stream } from "../record.js";

export type ViolationKind =
  /** An event that was neither delivered nor inside a gap. */
  | "lost"
  /** An event that came once more. */
  | "duplicate"
  /** An event that nobody wrote, such as the `del` and `restore` of a key that moved. */
  | "unknown"
  /** Two events of a key that came the other way round. */
  | "order"
  /** A message whose offset does not follow from the one before. */
  | "offset"
  /** An answer to `since` that does not fit it. */
  | "resume"
  /** A gap that lasts longer than the faults behind it and what is forgiven. */
  | "long_gap"
  /** A write that Redis undid in a failover, on a channel that was told of it and of no gap. */
  | "silent_rollback"
  /** A gap with no fault behind it. */
  | "unexplained_gap"
  /** A gap that does not stand where the events are missing. */
  | "misplaced_gap"
  /** A client that was not served in the end. */
  | "silent"
  /** Something that was held after all clients had left. */
  | "leftover";

export interface Violation {
  readonly kind: ViolationKind;
  /** One sentence. */
  readonly message: string;
  readonly client?: string;
  readonly channel?: string;
  /** Where in the client's log. */
  readonly index?: number;
}

export interface GapFigures {
  readonly count: number;
  /** ms of the longest. */
  readonly longest: number;
  /** ms, the most by which one outlasted the faults behind it. */
  readonly beyondFault: number;
}

export interface Figures {
  readonly lines: number;
  readonly maybes: number;
  readonly streams: number;
  /** Ledger lines times the channels that had to be told of them. */
  readonly owed: number;
  readonly delivered: number;
  /** Of those owed: not delivered, but inside a gap that was told. */
  readonly inGap: number;
  /** Delivered besides: those of unknown outcome, or written while the channel was opened. */
  readonly optional: number;
  /** Writes that Redis acknowledged and then lost in a failover. */
  readonly rollbacks: number;
  /** By reason. */
  readonly gaps: Readonly<Record<string, GapFigures>>;
  /** Answers to `since`. */
  readonly resumed: number;
  readonly notResumed: number;
}

export interface Verdict {
  readonly green: boolean;
  readonly counts: Readonly<Partial<Record<ViolationKind, number>>>;
  /** The first of each kind, as many as are worth reading. */
  readonly violations: readonly Violation[];
  readonly figures: Figures;
}

/** Violations of each kind that are told in full. */
const TOLD = 20;

export class Violations {
  readonly #counts: Partial<Record<ViolationKind, number>> = {};
  readonly #told: Violation[] = [];

  add(violation: Violation): void {
    const count = (this.#counts[violation.kind] ?? 0) + 1;
    this.#counts[violation.kind] = count;
    if (count <= TOLD) this.#told.push(violation);
  }

  /** One in a client's log of a channel. */
  at(stream: Stream, index: number, kind: ViolationKind, message: string): void {
    this.add({ kind, message, client: stream.client, channel: stream.channel.name, index });
  }

  get counts(): Readonly<Partial<Record<ViolationKind, number>>> {
    return this.#counts;
  }

  get told(): readonly Violation[] {
    return this.#told;
  }
}
