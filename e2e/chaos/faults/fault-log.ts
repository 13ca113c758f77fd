import type { FaultRecord } from "../record.js";

/** The faults that were done, with when they began and ended. */
export class FaultLog {
  readonly #records: FaultRecord[] = [];

  get records(): readonly FaultRecord[] {
    return this.#records;
  }

  add(record: FaultRecord): void {
    this.#records.push(record);
  }

  /** Logs what is done as a fault that lasts as long as the doing. */
  async during<T>(about: Omit<FaultRecord, "from" | "to">, doing: () => Promise<T>): Promise<T> {
    const from = Date.now();
    try {
      return await doing();
    } finally {
      this.add({ ...about, from, to: Date.now() });
    }
  }
}
