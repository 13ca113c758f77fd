import { look } from "@keywire/shared";
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

  /**
   * What comes meanwhile is sent as well. Whoever fails does not keep the others from being sent to: what comes for
   * them later would stand in a place that is another one's by then.
   */
  readonly #flush = (): void => {
    const outboxes = this.#outboxes;
    const faults: unknown[] = [];
    for (let sent = 0; sent < outboxes.length; ) {
      const some = outboxes.slice(sent, sent + AHEAD);
      sent += some.length;
      this.#lookAhead(some);
      for (const outbox of some) {
        try {
          outbox.flush();
        } catch (fault) {
          faults.push(fault);
        }
      }
    }
    this.#outboxes = [];
    this.#items = [];
    if (faults.length > 0) throw faults[0];
  };

  #lookAhead(outboxes: readonly Sender[]): void {
    let seen = 0;
    for (const outbox of outboxes) seen += outbox.lookAhead();
    look(seen);
  }
}
