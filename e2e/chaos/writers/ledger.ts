import type { Line } from "../record.js";

/** What was written: a line per event. */
export class Ledger {
  readonly #lines: Line[] = [];

  get lines(): readonly Line[] {
    return this.#lines;
  }

  add(outcome: Line["outcome"], key: string, events: readonly string[], before: number): void {
    const after = Date.now();
    for (const event of events) {
      this.#lines.push({ n: this.#lines.length, key, event, before, after, outcome });
    }
  }
}
