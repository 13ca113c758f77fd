import type { Cursor, GapReason } from "@keywire/shared";
import type { Entry } from "./batch.js";
import { epochStart } from "./epoch.js";
import type { History } from "./history.js";

/** A gap of one member alone: messages that it did not get, but others may have. */
export interface MemberGap {
  readonly reason: GapReason;
  /** How many messages it stands for, null where nobody knows. */
  readonly missed: number | null;
  /** The offset of the last of them. */
  readonly offset: number;
  readonly from: number;
  readonly to: number;
}

/** How a member that comes in continues what it has. */
export interface Resumption {
  /** The newest message it is taken to have. */
  readonly offset: number;
  /** Undefined where it did not ask to resume. */
  readonly resumed?: boolean;
  /** Comes first. */
  readonly gap?: MemberGap;
  /** What it missed and is still kept. */
  readonly entries: readonly Entry[];
}

/** A channel as it is when somebody comes in. */
export interface Place {
  readonly epoch: string;
  /** When the epoch began, ms since the Unix epoch. */
  readonly since: number;
  /** Of the newest message. */
  readonly offset: number;
  readonly history: History;
  readonly now: number;
}

/**
 * Finds what a member needs to go on from a cursor.
 *
 * - The channel's own epoch: the messages behind the cursor, or a gap that counts those that are not
 *   kept any more, and the rest.
 * - Another epoch of this gateway: the channel ended after the member left it and began again, so
 *   all that the new epoch told is news; between the two nobody listened.
 * - An epoch of another gateway, or of this one before it was restarted: the other may have shown the
 *   member what this one keeps, so nothing is repeated.
 */
export function resume(place: Place, since: Cursor | undefined, isOwnEpoch: boolean): Resumption {
  const { epoch, offset, now } = place;
  if (since === undefined) return { offset, entries: [] };
  if (since.epoch === epoch && since.offset <= offset) return resumeOwn(place, since.offset);
  const from = epochStart(since.epoch, now);
  // A cursor ahead of its own epoch is none of ours, whoever made it up.
  if (!isOwnEpoch || since.epoch === epoch) {
    const gap = { reason: "gateway_restarted", missed: null, offset, from, to: now } as const;
    return { offset, resumed: false, gap, entries: [] };
  }
  return lost(place, { from, reason: "history_expired", missed: null });
}

function resumeOwn(place: Place, last: number): Resumption {
  const entries = place.history.after(last);
  const missed = place.offset - last - entries.length;
  if (missed === 0) return { offset: last, resumed: true, entries };
  return { ...lost(place, { from: place.since, reason: "history_expired", missed }), offset: last };
}

type Loss = Pick<MemberGap, "from" | "reason" | "missed">;

/** All that is kept, behind a gap for all that is not. */
function lost({ since, offset, history }: Place, loss: Loss): Resumption {
  const entries = history.after(0);
  const last = offset - entries.length;
  const to = Math.max(since, history.droppedTo);
  return { offset: last, resumed: false, gap: { ...loss, offset: last, to }, entries };
}
