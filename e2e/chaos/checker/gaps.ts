import type { Entry, FaultRecord, GapEntry, Stream } from "../record.js";
import { touches } from "./matching.js";
import type { Tolerance } from "./tolerance.js";
import type { Violations } from "./verdict.js";

/** A stretch of time that a client was told of as a gap. */
export interface Told {
  readonly reason: string;
  /** Of the source, rather than of this client alone. */
  readonly isShared: boolean;
  readonly from: number;
  readonly to: number;
  /** ms of it outside all faults. */
  readonly beyond: number;
}

/** Reasons for which the gap begins, by its word, when the lost epoch did: longer than was lost. */
const SINCE_EPOCH = ["gateway_restarted", "history_expired"];

/**
 * The gaps of one client's channel, held against the faults that can be behind them. A gap that
 * stands for a lost connection is taken to begin no sooner than the client's last sign of life, even
 * where the gateway, which cannot know that, says sooner: so it excuses less.
 */
export function checkGaps(
  stream: Stream,
  faults: readonly FaultRecord[],
  tolerance: Tolerance,
  violations: Violations,
): Told[] {
  const behind = union(faults.filter((fault) => touches(fault, stream.client, stream.channel)));
  const told: Told[] = [];
  let lost: Lost | undefined;
  stream.entries.forEach((entry, index) => {
    if (entry.kind === "lost") lost = entry;
    if (entry.kind !== "gap") return;
    const gap = tellingOf(entry, lost, behind, tolerance);
    told.push(gap);
    for (const [kind, message] of faultsOf(gap, behind, tolerance)) {
      violations.at(stream, index, kind, message);
    }
  });
  checkPlaces(stream, tolerance, violations);
  return told;
}

function tellingOf(
  { reason, from, to, missed }: GapEntry,
  lost: Lost | undefined,
  faults: readonly Span[],
  { inFlight }: Tolerance,
): Told {
  const isShared = missed === undefined;
  if (lost === undefined || !SINCE_EPOCH.includes(reason)) {
    return { reason, isShared, from, to, beyond: outside({ from, to }, faults) };
  }
  const lastSign = lost.goodUntil - inFlight;
  // What a link held back was raised long before the client's last sign of life.
  const known = faults.find((fault) => fault.from <= lastSign && lastSign <= fault.to)?.from;
  // On a quiet channel the last sign may be old: the gap is as long as the connection was gone.
  const gone = { from: Math.min(Math.max(from, lost.at), to), to };
  const begin = Math.max(from, known ?? lastSign);
  return { reason, isShared, from: begin, to, beyond: outside(gone, faults) };
}

function faultsOf(gap: Told, faults: readonly Span[], { beyondFault }: Tolerance) {
  const found: (readonly ["long_gap" | "unexplained_gap", string])[] = [];
  const near = { from: gap.from - beyondFault, to: gap.to + beyondFault };
  const described = `a gap ${gap.reason} of ${gap.to - gap.from} ms (${gap.from} to ${gap.to})`;
  if (!faults.some((fault) => overlaps(fault, near))) {
    found.push(["unexplained_gap", `${described} has no fault behind it`]);
  } else if (gap.beyond > beyondFault) {
    found.push(["long_gap", `${described} outlasts the faults behind it by ${gap.beyond} ms`]);
  }
  return found;
}

/** A gap of the source stands behind what came before its end and ahead of what came after its begin. */
function checkPlaces(stream: Stream, tolerance: Tolerance, violations: Violations): void {
  const slack = tolerance.bound + tolerance.beyondFault;
  let newest: (Entry & { kind: "event" }) | undefined;
  let gap: GapEntry | undefined;
  stream.entries.forEach((entry, index) => {
    if (entry.kind === "event") {
      newest = entry;
      if (gap !== undefined && entry.time < gap.from - slack) {
        violations.at(
          stream,
          index,
          "misplaced_gap",
          `an event of ${entry.time} stands behind the gap from ${gap.from}`,
        );
      }
    } else if (entry.kind === "gap" && entry.missed === undefined) {
      gap = entry;
      if (newest !== undefined && newest.time > entry.to + slack) {
        violations.at(
          stream,
          index,
          "misplaced_gap",
          `the gap to ${entry.to} stands behind an event of ${newest.time}`,
        );
      }
    }
  });
}

type Lost = Extract<Entry, { kind: "lost" }>;

interface Span {
  readonly from: number;
  readonly to: number;
}

const overlaps = (one: Span, other: Span) => one.from <= other.to && other.from <= one.to;

/** Disjoint spans in rising order. */
function union(spans: readonly Span[]): Span[] {
  const joined: { from: number; to: number }[] = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}

/** ms of a span that lie in none of the others, which are disjoint. */
function outside(span: Span, others: readonly Span[]): number {
  let left = span.to - span.from;
  for (const { from, to } of others) {
    left -= Math.max(0, Math.min(span.to, to) - Math.max(span.from, from));
  }
  return left;
}
