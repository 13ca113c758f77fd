/** What the forwarder has done since it began, counted in messages and events. */
export interface Counts {
  /** Messages handed to the broker, repeated ones included. */
  readonly published: number;
  /** Messages that the broker confirmed. */
  readonly confirmed: number;
  /** Messages sent once more, though the broker may have them already. */
  readonly repeated: number;
  /** Events put into the fallback. */
  readonly stored: number;
  /** Events that left the fallback because they have arrived. */
  readonly drained: number;
  /** Messages that the broker had no queue for. */
  readonly returned: number;
  /** Messages that the broker refused. */
  readonly refused: number;
}

export class Tally implements Counts {
  published = 0;
  confirmed = 0;
  repeated = 0;
  stored = 0;
  drained = 0;
  returned = 0;
  refused = 0;
}
