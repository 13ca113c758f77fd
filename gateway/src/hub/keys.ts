import type { SnapshotEntry } from "@keywire/shared";
import type { Snapshot } from "./ports.js";

/** The keys of a snapshot, as messages bear them. */
export interface Keys {
  readonly snapshot: readonly SnapshotEntry[];
  /** More keys exist than were asked for, allowed, or found within the budget. */
  readonly truncated?: true;
}

export function keysOf({ entries, truncated }: Snapshot): Keys {
  return truncated ? { snapshot: entries, truncated } : { snapshot: entries };
}
