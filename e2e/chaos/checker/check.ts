import type { RunRecord, Stream } from "../record.js";
import { checkDelivery, type DeliveryFigures } from "./delivery.js";
import { checkGaps, type Told } from "./gaps.js";
import { LedgerIndex } from "./ledger-index.js";
import { checkOffsets } from "./offsets.js";
import { checkRollbacks } from "./rollbacks.js";
import { TOLERANCE, type Tolerance } from "./tolerance.js";
import { type Figures, type GapFigures, type Verdict, Violations } from "./verdict.js";

/** Judges a run by its record alone. */
export function check(record: RunRecord, tolerance: Tolerance = TOLERANCE): Verdict {
  const violations = new Violations();
  const ledger = new LedgerIndex(record.lines, tolerance);
  const gaps: Told[] = [];
  const sums = { owed: 0, delivered: 0, inGap: 0, optional: 0 };
  for (const stream of record.streams) {
    checkSilence(stream, violations);
    checkOffsets(stream, violations);
    const told = checkGaps(stream, record.faults, tolerance, violations);
    checkRollbacks(stream, record, told, violations);
    add(sums, checkDelivery(stream, ledger, told, tolerance, violations));
    for (const gap of told) gaps.push(gap);
  }
  for (const message of record.leftovers) violations.add({ kind: "leftover", message });
  const { counts, told } = violations;
  const figures = { ...sums, ...figuresOf(record), gaps: gapFigures(gaps) };
  return { green: told.length === 0, counts, violations: told, figures };
}

function checkSilence(stream: Stream, violations: Violations): void {
  const index = stream.entries.length - 1;
  const last = stream.entries.at(-1);
  if (last === undefined) violations.at(stream, 0, "silent", "it was never subscribed");
  else if (last.kind === "lost") {
    violations.at(stream, index, "silent", `it lost its connection at ${last.at} for good`);
  }
}

function add(
  sums: { -readonly [K in keyof DeliveryFigures]: number },
  more: DeliveryFigures,
): void {
  sums.owed += more.owed;
  sums.delivered += more.delivered;
  sums.inGap += more.inGap;
  sums.optional += more.optional;
}

function figuresOf({
  lines,
  rollbacks,
  streams,
}: RunRecord): Omit<Figures, keyof DeliveryFigures | "gaps"> {
  let resumed = 0;
  let notResumed = 0;
  for (const { entries } of streams) {
    for (const entry of entries) {
      if (entry.kind !== "subscribed" || entry.since === undefined) continue;
      if (entry.resumed === true) resumed += 1;
      else notResumed += 1;
    }
  }
  const maybes = lines.filter(({ outcome }) => outcome === "maybe").length;
  return {
    lines: lines.length,
    rollbacks: rollbacks.length,
    maybes,
    streams: streams.length,
    resumed,
    notResumed,
  };
}

function gapFigures(gaps: readonly Told[]): Record<string, GapFigures> {
  const figures: Record<string, GapFigures> = {};
  for (const { reason, from, to, beyond } of gaps) {
    const known = figures[reason] ?? { count: 0, longest: 0, beyondFault: 0 };
    figures[reason] = {
      count: known.count + 1,
      longest: Math.max(known.longest, to - from),
      beyondFault: Math.max(known.beyondFault, beyond),
    };
  }
  return figures;
}
