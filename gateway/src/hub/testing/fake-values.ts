import type { Interest, SnapshotEntry } from "@keywire/shared";
import type { KeyState, Notification, Snapshot, ValueReader } from "../ports.js";

/** One question, to be answered by the test. */
export interface Asked<T> {
  readonly about: string;
  answer(answer: T): void;
  fail(error: unknown): void;
}

/** Keys that are read when the test says so. */
export class FakeValues implements ValueReader {
  readonly reads: Asked<KeyState>[] = [];
  readonly snapshots: (Asked<Snapshot> & { readonly limit: number; readonly since: number })[] = [];
  readonly seenKeys: string[] = [];
  readonly deliveredKeys: string[] = [];
  #marks = 0;

  mark(): number {
    return ++this.#marks;
  }

  read(_: number, key: Uint8Array): Promise<KeyState> {
    return new Promise((answer, fail) => {
      this.reads.push({ about: Buffer.from(key).toString(), answer, fail });
    });
  }

  snapshot(interest: Interest, limit: number, since: number): Promise<Snapshot> {
    return new Promise((answer, fail) => {
      const about = Buffer.from(interest.bytes).toString();
      this.snapshots.push({ about, answer, fail, limit, since });
    });
  }

  seen({ key }: Notification): void {
    this.seenKeys.push(Buffer.from(key).toString());
  }

  delivered(_: number, key: Uint8Array): void {
    this.deliveredKeys.push(Buffer.from(key).toString());
  }
}

export const text = (data: string): KeyState => ({ value: { type: "string", data } });

export const entry = (key: string, data: string): SnapshotEntry => ({
  key,
  value: { type: "string", data },
});
