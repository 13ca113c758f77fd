import type { Line, Rollback } from "../record.js";

/** What was written: a line per event. */
export class Ledger {
  readonly #lines: Line[] = [];
  readonly #rollbacks: Rollback[] = [];

  get lines(): readonly Line[] {
    return this.#lines;
  }

  get rollbacks(): readonly Rollback[] {
    return this.#rollbacks;
  }

  /** @returns the lines it makes */
  add(outcome: Line["outcome"], key: string, events: readonly string[], before: number): Line[] {
    const after = Date.now();
    const lines = events.map((event, index) => {
      const n = this.#lines.length + index;
      return { n, key, event, before, after, outcome };
    });
    this.#lines.push(...lines);
    return lines;
  }

  /** What a line tells of is found undone, though nobody undid it. */
  undone({ n }: Line): void {
    this.#rollbacks.push({ n, by: Date.now() });
  }
}
