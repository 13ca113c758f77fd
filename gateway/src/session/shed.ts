import type { GapReason } from "@keywire/shared";
import type { MemberGap, Messages, Outgoing, Single } from "./ports.js";
import { gapMessage } from "./single.js";

/** Messages of one channel, dropped one after the other: what its gap will say. */
interface Hole {
  /** Where the gap stands in the queue. */
  readonly at: number;
  readonly channel: string;
  readonly epoch: string;
  readonly gap: MemberGap;
}

export interface Shed {
  readonly queue: Outgoing[];
  /** How many messages were dropped. */
  readonly dropped: number;
}

/**
 * Drops the messages of all channels from a queue. One gap per channel takes the place of the first,
 * and counts those that were gaps of this session already. The session's own messages stay, in
 * order, but for the keys in an answer; behind one that begins or ends a subscription, offsets start
 * anew.
 *
 * @param only of these channels; of all where left out
 */
export function shed(queue: readonly Outgoing[], only?: ReadonlySet<string>): Shed {
  const holes = new Map<string, Hole>();
  const all: Hole[] = [];
  const kept: Outgoing[] = [];
  let dropped = 0;
  const keep = (hole: Hole) => {
    holes.set(hole.channel, hole);
    all[hole.at] = hole;
  };
  for (const item of queue) {
    const lost = lossOf(item);
    if (lost === undefined || only?.has(lost.channel) === false) {
      kept.push(item);
      if (item.channel !== undefined) holes.delete(item.channel);
      continue;
    }
    if (isMessages(item)) dropped += item.entries.length;
    else if (item.bare !== undefined) {
      kept.push(item.bare);
      holes.delete(lost.channel);
    }
    const hole = holes.get(lost.channel);
    if (hole === undefined) keep({ ...lost, at: kept.push(item) - 1 });
    else keep({ ...hole, gap: merge(hole.gap, lost.gap) });
  }
  for (const { at, channel, epoch, gap } of Object.values(all)) {
    kept[at] = gapMessage(channel, epoch, gap);
  }
  return { queue: kept, dropped };
}

/** The channels that messages, snapshots and keys in the queue are of. */
export function channelsOf(queue: readonly Outgoing[]): Set<string> {
  return new Set(
    queue.flatMap((item) => {
      const isOfChannel = isMessages(item) || item.type === "snapshot" || item.bare !== undefined;
      return isOfChannel && item.channel !== undefined ? item.channel : [];
    }),
  );
}

export function isMessages(item: Outgoing): item is Messages {
  return "entries" in item;
}

/** What is lost with an item; undefined where it is not to be lost. */
function lossOf(item: Outgoing): Omit<Hole, "at"> | undefined {
  if (isMessages(item)) {
    const { channel, epoch, entries, last } = item;
    const from = Math.min(...entries.map((entry) => entry.from));
    const to = Math.max(...entries.map((entry) => entry.to));
    const gap = {
      reason: "slow_consumer",
      missed: entries.length,
      offset: last,
      from,
      to,
    } as const;
    return { channel, epoch, gap };
  }
  const { channel, cursor, gap } = item;
  if (gap === undefined || channel === undefined || cursor === undefined) return undefined;
  return { channel, epoch: cursor.epoch, gap };
}

function merge(before: MemberGap, after: MemberGap): MemberGap {
  const missed =
    before.missed === null || after.missed === null ? null : before.missed + after.missed;
  return {
    // Where a gap was due for another reason, that reason is what the client waits for.
    reason: reasonOf(before, after),
    missed,
    offset: after.offset,
    from: Math.min(before.from, after.from),
    to: Math.max(before.to, after.to),
  };
}

function reasonOf(before: MemberGap, after: MemberGap): GapReason {
  return before.reason === "slow_consumer" ? after.reason : before.reason;
}

/** Bytes of what is never dropped. */
export function ownBytes(queue: readonly Outgoing[]): number {
  let bytes = 0;
  for (const item of queue) if (isOwn(item)) bytes += item.bytes;
  return bytes;
}

function isOwn(item: Outgoing): item is Single {
  return !isMessages(item) && item.gap === undefined;
}
