import type { EventEntry, Line, Stream } from "../record.js";
import type { Told } from "./gaps.js";
import type { LedgerIndex } from "./ledger-index.js";
import { isAbout } from "./matching.js";
import type { Tolerance } from "./tolerance.js";
import type { Violations } from "./verdict.js";

export interface DeliveryFigures {
  readonly owed: number;
  readonly delivered: number;
  readonly inGap: number;
  readonly optional: number;
}

/**
 * Holds what a client was told on a channel against the ledger: every event that came stands in it,
 * and came once; those of a key came in order; every line that the channel owed came, or lies inside
 * a gap that the client was told of.
 */
export function checkDelivery(
  stream: Stream,
  ledger: LedgerIndex,
  gaps: readonly Told[],
  tolerance: Tolerance,
  violations: Violations,
): DeliveryFigures {
  const came = new Set<Line>();
  const newest = new Map<string, Line>();
  stream.entries.forEach((entry, index) => {
    if (entry.kind !== "event") return;
    const report: Report = (kind, message) => violations.at(stream, index, kind, message);
    const line = identify(entry, stream, ledger, came, report);
    if (line === undefined) return;
    came.add(line);
    checkOrder(line, newest, report);
  });
  return settle(stream, ledger.about(stream.channel), came, gaps, tolerance, violations);
}

type Report = (kind: "unknown" | "duplicate" | "order", message: string) => void;

function identify(
  { key, event, time }: EventEntry,
  { channel }: Stream,
  ledger: LedgerIndex,
  came: ReadonlySet<Line>,
  report: Report,
): Line | undefined {
  const described = `${event} of ${key}, received at ${time},`;
  if (!isAbout(channel, key, event)) {
    report("unknown", `${described} is not what ${channel.name} is about`);
    return undefined;
  }
  const candidates = ledger.candidates(key, event, time);
  const line = candidates.find((candidate) => !came.has(candidate));
  if (line !== undefined) return line;
  if (candidates.length > 0) report("duplicate", `${described} came once more`);
  else report("unknown", `${described} was written by nobody`);
  return undefined;
}

/** One whose outcome is unknown may have happened at any time: it has no place in the order. */
function checkOrder(line: Line, newest: Map<string, Line>, report: Report): void {
  if (line.outcome === "maybe") return;
  const before = newest.get(line.key);
  if (before !== undefined && before.n > line.n) {
    report("order", `${line.event} of ${line.key} (line ${line.n}) came behind line ${before.n}`);
  } else {
    newest.set(line.key, line);
  }
}

function settle(
  stream: Stream,
  lines: readonly Line[],
  came: ReadonlySet<Line>,
  gaps: readonly Told[],
  tolerance: Tolerance,
  violations: Violations,
): DeliveryFigures {
  const since = subscribedAt(stream);
  const figures = { owed: 0, delivered: 0, inGap: 0, optional: 0 };
  for (const line of lines) {
    const isOwed = line.outcome === "raised" && since !== undefined && line.before >= since;
    if (!isOwed) {
      if (came.has(line)) figures.optional += 1;
      continue;
    }
    figures.owed += 1;
    if (came.has(line)) figures.delivered += 1;
    else if (gaps.some((gap) => covers(gap, line, tolerance))) figures.inGap += 1;
    else violations.at(stream, stream.entries.length, "lost", lostMessage(line));
  }
  return figures;
}

/** It was raised at some moment between `before` and `after`: any of them may be inside. */
function covers(gap: Told, line: Line, { bound }: Tolerance): boolean {
  return line.after >= gap.from - bound && line.before <= gap.to + bound;
}

function subscribedAt({ entries }: Stream): number | undefined {
  return entries.find(({ kind }) => kind === "subscribed")?.at;
}

function lostMessage({ n, key, event, before, after }: Line): string {
  return `line ${n}, ${event} of ${key}, raised between ${before} and ${after}, neither came nor lies in a gap`;
}
