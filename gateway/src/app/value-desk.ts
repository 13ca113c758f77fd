import type { Interest } from "@keywire/shared";
import type { KeyState, Notification, Snapshot, ValueReader } from "../hub/index.js";
import type { OpenValues } from "./open-values.js";

/** What the hub asks of values, and what the two halves of the values room make of what it tells. */
export class ValueDesk implements ValueReader {
  readonly #reading: OpenValues;

  constructor(reading: OpenValues) {
    this.#reading = reading;
  }

  mark(): number {
    return this.#reading.values.mark();
  }

  read(db: number, key: Uint8Array, event: string): Promise<KeyState> {
    return this.#reading.values.read(db, key, { event });
  }

  snapshot(interest: Interest, limit: number, liveSince: number): Promise<Snapshot> {
    return this.#reading.values.snapshot(interest, limit, { liveSince });
  }

  seen({ db, key }: Notification): void {
    this.#reading.values.stale(db, key);
  }

  /** A key whose end clients wait for is to end on time. */
  delivered(db: number, key: Uint8Array, { value, ttl }: KeyState): void {
    if (value === null) this.#reading.promptExpiry.forget(db, key);
    else this.#reading.promptExpiry.watch(db, key, ttl);
  }
}
