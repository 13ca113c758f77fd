import type { Cursor, Entry, GapEntry, Stream } from "../record.js";
import type { Violations } from "./verdict.js";

/** Reasons of a gap with which a channel may begin that could not be resumed. */
const NOT_RESUMED = ["history_expired", "gateway_restarted", "slow_consumer"];

/** Where a client is in a channel, as far as its log tells. */
interface Position {
  state: "subscribed" | "lost";
  /** Of the newest message; undefined before the first subscription. */
  epoch: string | undefined;
  offset: number;
  /** The next message must be a gap of this client's own. */
  owesGap: boolean;
}

/**
 * Offsets go up by one per message, but for a gap that says how many it stands for; what is resumed
 * goes on where it ended.
 */
export function checkOffsets(stream: Stream, violations: Violations): void {
  const position: Position = { state: "lost", epoch: undefined, offset: 0, owesGap: false };
  stream.entries.forEach((entry, index) => {
    const fault = step(position, entry);
    if (fault === undefined) return;
    violations.at(stream, index, entry.kind === "subscribed" ? "resume" : "offset", fault);
  });
}

/** Goes one message on; answers what is wrong with it. */
function step(position: Position, entry: Entry): string | undefined {
  switch (entry.kind) {
    case "lost":
      position.state = "lost";
      return undefined;
    case "subscribed": {
      const fault = cursorFault(position, entry.since) ?? resumeFault(entry);
      position.state = "subscribed";
      position.epoch = entry.epoch;
      position.offset = entry.offset;
      position.owesGap = entry.resumed === false;
      return fault;
    }
    case "event": {
      const owed = owedFault(position, false);
      return follow(position, entry.offset, 1) ?? owed;
    }
    case "gap": {
      const owed = owedFault(position, isOwn(entry));
      return gapFault(position, entry) ?? owed;
    }
  }
}

/** A log from which a message was lost shows here too, where it was the last before a connection's end. */
function cursorFault({ epoch, offset }: Position, since: Cursor | undefined): string | undefined {
  if (since === undefined || (since.epoch === epoch && since.offset === offset)) return undefined;
  return `resumes from ${since.epoch}/${since.offset}, and the log ends at ${epoch}/${offset}`;
}

function resumeFault(entry: Extract<Entry, { kind: "subscribed" }>): string | undefined {
  const { since, resumed, epoch, offset } = entry;
  if (since === undefined) {
    return resumed === undefined ? undefined : `resumed is ${resumed}, and nobody asked for it`;
  }
  if (resumed === undefined) return "it was asked to resume and does not say whether it did";
  const goesOn = epoch === since.epoch && offset === since.offset;
  if (!resumed || goesOn) return undefined;
  return `resumed from ${epoch}/${offset}, where ${since.epoch}/${since.offset} was asked for`;
}

function gapFault(position: Position, gap: GapEntry): string | undefined {
  if (gap.missed === undefined) return follow(position, gap.offset, 1);
  if (gap.missed !== null) return follow(position, gap.offset, gap.missed);
  const before = position.offset;
  position.offset = gap.offset;
  if (gap.offset >= before) return undefined;
  return `a gap with offset ${gap.offset} stands behind offset ${before}`;
}

function follow(position: Position, offset: number, by: number): string | undefined {
  const before = position.offset;
  position.offset = offset;
  if (position.state === "lost") return "a message came before its channel was subscribed";
  return offset === before + by
    ? undefined
    : `offset ${offset} follows ${before}, not ${before + by}`;
}

function owedFault(position: Position, paid: boolean): string | undefined {
  if (!position.owesGap) return undefined;
  position.owesGap = false;
  return paid ? undefined : "not resumed, and what comes first is not the gap that says so";
}

function isOwn({ reason }: GapEntry): boolean {
  return NOT_RESUMED.includes(reason);
}
