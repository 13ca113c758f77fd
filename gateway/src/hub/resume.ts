import type { Cursor, GapReason } from "@keywire/shared";
import { epochStart } from "./epoch.js";

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
  /** How many of the newest messages follow: what it missed and is still kept. */
  readonly replayed: number;
}

/** A channel as it is when somebody comes in. */
export interface Place {
  readonly epoch: string;
  /** When the epoch began, ms since the Unix epoch. */
  readonly since: number;
  /** Of the newest message. */
  readonly offset: number;
  /** How many of the newest messages are kept. */
  readonly kept: number;
  /** Up to when something happened that is not kept any more, ms since the Unix epoch; 0 for nothing. */
  readonly droppedTo: number;
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
  if (since === undefined) return { offset, replayed: 0 };
  if (since.epoch === epoch && since.offset <= offset) return resumeOwn(place, since.offset);
  const from = epochStart(since.epoch, now);
  // A cursor ahead of its own epoch is none of ours, whoever made it up.
  if (!isOwnEpoch || since.epoch === epoch) {
    const gap = { reason: "gateway_restarted", missed: null, offset, from, to: now } as const;
    return { offset, resumed: false, gap, replayed: 0 };
  }
  return lost(place, { from, reason: "history_expired", missed: null });
}

function resumeOwn(place: Place, last: number): Resumption {
  const behind = place.offset - last;
  const missed = Math.max(0, behind - place.kept);
  if (missed === 0) return { offset: last, resumed: true, replayed: behind };
  return { ...lost(place, { from: place.since, reason: "history_expired", missed }), offset: last };
}

type Loss = Pick<MemberGap, "from" | "reason" | "missed">;

/** All that is kept, behind a gap for all that is not. */
function lost({ since, offset, kept, droppedTo }: Place, loss: Loss): Resumption {
  const last = offset - kept;
  const to = Math.max(since, droppedTo);
  return { offset: last, resumed: false, gap: { ...loss, offset: last, to }, replayed: kept };
}
