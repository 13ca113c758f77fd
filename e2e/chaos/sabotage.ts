import { LedgerIndex } from "./checker/ledger-index.js";
import { TOLERANCE } from "./checker/tolerance.js";
import type { Random } from "./random.js";
import type { EventEntry, RunRecord } from "./record.js";

export interface Sabotage {
  readonly record: RunRecord;
  /** What was taken away. */
  readonly client: string;
  readonly channel: string;
  readonly event: EventEntry;
}

/**
 * Takes one delivered event out of one client's log, at random, as if it had never come: the checker
 * must notice. Not one whose outcome was unknown, which need not have come, nor the very last, which
 * might lie in a gap.
 *
 * @throws Error where no event was delivered
 */
export function sabotage(record: RunRecord, random: Random): Sabotage {
  const ledger = new LedgerIndex(record.lines, TOLERANCE);
  for (const stream of random.shuffle(record.streams)) {
    const events = stream.entries
      .slice(0, -1)
      .filter(
        (entry): entry is EventEntry =>
          entry.kind === "event" &&
          ledger.candidates(entry.key, entry.event, entry.time)[0]?.outcome === "raised",
      );
    if (events.length === 0) continue;
    const event = random.pick(events);
    const poorer = { ...stream, entries: stream.entries.filter((entry) => entry !== event) };
    const streams = record.streams.map((other) => (other === stream ? poorer : other));
    const { client, channel } = stream;
    return { record: { ...record, streams }, client, channel: channel.name, event };
  }
  throw new Error("no event was delivered: there is nothing to take away");
}
