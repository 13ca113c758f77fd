import type { GapMessage, GapReason } from "@keywire/shared";
import { clockTime, counted, duration } from "./format.js";

const REASONS: Readonly<Record<GapReason, string>> = {
  node_lost: "the link to a Redis node was lost",
  failover: "a replica took over from its primary",
  slot_moved: "a hash slot moved to another node",
  resubscribed: "the gateway had to subscribe anew",
  slow_consumer: "this page could not keep up",
  history_expired: "the gateway's history does not reach back far enough",
  gateway_restarted: "the gateway was restarted",
  flushed: "a database was flushed, and Redis tells no events of that",
};

/** Why there is a gap, in words; reasons of a newer gateway are shown as they came. */
export function gapReason(reason: string): string {
  return Object.entries(REASONS).find(([known]) => known === reason)?.[1] ?? reason;
}

/** What a gap means for the reader, in one sentence. */
export function gapText({ reason, from, to, missed }: GapMessage): string {
  const why = gapReason(reason);
  const when = `between ${clockTime(from)} and ${clockTime(to)} (${duration(to - from)})`;
  if (typeof missed === "number") {
    return `${counted(missed, "message")} missed ${when}: ${why}`;
  }
  return `Events may be missing ${when}: ${why}`;
}
