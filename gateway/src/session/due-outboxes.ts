import type { Outbox } from "./outbox.js";

/** Outboxes looked at before those are sent: what they take is to stay in the processor's cache. */
const AHEAD = 64;

/** The outboxes with something to send at the end of the turn: one write per session, whatever it brought. */
export class DueOutboxes {
  readonly #atEndOfTurn: (task: () => void) => void;
  #due: Outbox[] = [];
  /** What came of looking ahead. Nobody asks, but the engine leaves out what is kept nowhere. */
  lookedAt = 0;

  /** @param atEndOfTurn runs a task once, behind what hands out messages */
  constructor(atEndOfTurn: (task: () => void) => void) {
    this.#atEndOfTurn = atEndOfTurn;
  }

  add(outbox: Outbox): void {
    if (this.#due.push(outbox) === 1) this.#atEndOfTurn(this.#flush);
  }

  readonly #flush = (): void => {
    const due = this.#due;
    this.#due = [];
    for (let from = 0; from < due.length; from += AHEAD) {
      const to = Math.min(due.length, from + AHEAD);
      let seen = 0;
      for (let at = from; at < to; at++) seen += due[at]?.lookAhead() ?? 0;
      this.lookedAt = seen;
      for (let at = from; at < to; at++) due[at]?.flush();
    }
  };
}
