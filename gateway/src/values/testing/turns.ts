import type { EndOfTurn } from "../ports.js";

/** The end of a turn of the event loop, when a test says so. */
export class Turns {
  readonly #tasks: (() => void)[] = [];

  readonly endOfTurn: EndOfTurn = (task) => {
    this.#tasks.push(task);
  };

  end(): void {
    for (const task of this.#tasks.splice(0)) task();
  }
}
