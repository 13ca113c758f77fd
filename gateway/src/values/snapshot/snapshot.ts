import type { SnapshotEntry } from "@keywire/shared";

export interface Snapshot {
  /** Keys that exist, with their values, sorted by the keys' bytes. */
  readonly entries: readonly SnapshotEntry[];
  /** There may be more keys than these. */
  readonly truncated: boolean;
}
