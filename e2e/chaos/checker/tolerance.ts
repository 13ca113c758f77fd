/** What the checker forgives, ms. All clocks are one, so it is little. */
export interface Tolerance {
  /** How far a gap's bounds may be off: clocks are read in whole ms, some of them one turn late. */
  readonly bound: number;
  /** How much longer than the faults behind it a gap may be: the promise's 3 s. */
  readonly beyondFault: number;
  /**
   * From an event's being raised to its receipt by the gateway: a link is given up when a PING is
   * unanswered for 1.9 s, looked at each second, so nothing comes later than this.
   */
  readonly late: number;
  /** The same where the command's answer never came: a stopped server runs it when it goes on. */
  readonly maybeLate: number;
  /** How much a client that lost its connection may have missed before its last sign of life. */
  readonly inFlight: number;
}

export const TOLERANCE: Tolerance = {
  bound: 50,
  beyondFault: 3_000,
  late: 4_000,
  maybeLate: 60_000,
  inFlight: 1_000,
};
