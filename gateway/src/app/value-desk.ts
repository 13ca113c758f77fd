import type { Interest, SnapshotEntry } from "@keywire/shared";
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

  async snapshot(interest: Interest, limit: number, liveSince: number): Promise<Snapshot> {
    const { values, promptExpiry } = this.#reading;
    const snapshot = await values.snapshot(interest, limit, { liveSince });
    const { db } = interest;
    for (const entry of db === "*" ? [] : snapshot.entries) {
      if (entry.ttl !== undefined) promptExpiry.notice(Number(db), keyOf(entry), entry.ttl);
    }
    return snapshot;
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

function keyOf({ key, key_raw: raw }: SnapshotEntry): Uint8Array {
  return key === null ? Buffer.from(raw ?? "", "base64") : Buffer.from(key);
}
