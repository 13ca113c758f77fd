import type { Outgoing } from "./ports.js";

/** An outbox, as the turn knows it. */
interface Sender {
  /** Looks at what sending takes; see `Transport`. */
  lookAhead(): number;
  flush(): void;
}

/** Outboxes looked at before those are sent: what they take is to stay in the processor's cache. */
const AHEAD = 64;

/** Where nothing waits any more. */
const NOTHING: Outgoing[] = [];

/**
 * What the present turn brought each outbox, until its end: then each session is written to once, for all of it.
 *
 * It waits here and not in the outboxes, since these are old: of each old object that points at a new one the
 * collector keeps note.
 */
export class TurnQueue {
  readonly #atEndOfTurn: (task: () => void) => void;
  #outboxes: Sender[] = [];
  /** What waits for the outbox in the same place. */
  #items: Outgoing[][] = [];
  /** What came of looking ahead. Nobody asks, but the engine leaves out what is kept nowhere. */
  lookedAt = 0;

  /** @param atEndOfTurn runs a task once, behind what hands out messages */
  constructor(atEndOfTurn: (task: () => void) => void) {
    this.#atEndOfTurn = atEndOfTurn;
  }

  /**
   * Takes what comes first for an outbox, which is flushed at the end of the turn.
   *
   * @returns its place until then
   */
  begin(outbox: Sender, item: Outgoing): number {
    if (this.#outboxes.length === 0) this.#atEndOfTurn(this.#flush);
    // Most turns bring a client one: a list of one takes less than one that can grow.
    this.#items.push([item]);
    return this.#outboxes.push(outbox) - 1;
  }

  add(place: number, item: Outgoing): void {
    this.#items[place]?.push(item);
  }

  /** Hands over what waits in a place. */
  take(place: number): Outgoing[] {
    const items = this.#items[place] ?? NOTHING;
    this.#items[place] = NOTHING;
    return items;
  }

  /** What comes meanwhile is sent as well. */
  readonly #flush = (): void => {
    const outboxes = this.#outboxes;
    try {
      for (let from = 0; from < outboxes.length; from += AHEAD) {
        const to = Math.min(outboxes.length, from + AHEAD);
        this.#lookAhead(outboxes, from, to);
        for (let at = from; at < to; at++) outboxes[at]?.flush();
      }
    } finally {
      this.#outboxes = [];
      this.#items = [];
    }
  };

  #lookAhead(outboxes: readonly Sender[], from: number, to: number): void {
    let seen = 0;
    for (let at = from; at < to; at++) seen += outboxes[at]?.lookAhead() ?? 0;
    this.lookedAt = seen;
  }
}
