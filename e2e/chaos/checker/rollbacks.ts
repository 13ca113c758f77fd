import type { RunRecord, Stream } from "../record.js";
import type { Told } from "./gaps.js";
import { isAbout } from "./matching.js";
import type { Violations } from "./verdict.js";

/**
 * Redis acknowledges a write before its replicas have it, and a failover may undo it without a word.
 * Its event was raised all the same, so it stands in the ledger like any other; but whoever was told
 * of it must also be told of a gap before it is found undone, or would believe in it for ever.
 */
export function checkRollbacks(
  stream: Stream,
  { lines, rollbacks }: RunRecord,
  gaps: readonly Told[],
  violations: Violations,
): void {
  for (const { n, by } of rollbacks) {
    const line = lines[n];
    if (line === undefined) throw new Error(`the ledger has no line ${n}`);
    const { key, event, before } = line;
    const index = stream.entries.findIndex(
      (entry) => entry.kind === "event" && entry.key === key && entry.event === event,
    );
    if (index < 0 || !isAbout(stream.channel, key, event)) continue;
    if (gaps.some(({ from, to }) => to >= before && from <= by)) continue;
    const message = `line ${n}, ${event} of ${key}, was undone between ${before} and ${by}, and no gap says so`;
    violations.at(stream, index, "silent_rollback", message);
  }
}
