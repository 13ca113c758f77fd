import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/**
 * Requests of one connection that may wait for their answers. Hardly a client sends one before the last
 * is answered; whoever sends thousands in one go has as many of them wait in memory.
 */
export const MAX_UNANSWERED = 100;

/** How many requests of each connection are not answered yet. */
export class Unanswered {
  readonly #counts = new WeakMap<Duplex, number>();

  of(connection: Duplex): number {
    return this.#counts.get(connection) ?? 0;
  }

  /** Counts a request in; false where it is one too many, and its connection is ended for it. */
  admit(connection: Duplex, response: ServerResponse): boolean {
    // What came along with the one too many is still read.
    if (connection.destroyed) return false;
    if (this.of(connection) === MAX_UNANSWERED) {
      connection.destroy();
      return false;
    }
    this.#counts.set(connection, this.of(connection) + 1);
    response.once("close", () => this.#counts.set(connection, this.of(connection) - 1));
    return true;
  }
}
