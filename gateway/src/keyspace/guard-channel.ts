import { SLOTS, slotOf } from "@keywire/shared";
import type { SlotRange } from "./cluster-nodes.js";

const PREFIX = "keywire:slot:{";

/** By slot: the lowest number that hashes into it, as far as they have been looked for. */
const tags: (number | undefined)[] = [];
let next = 0;

/** The name of the sharded channel that guards a slot. */
export function guardChannel(slot: number): string {
  while (tags[slot] === undefined) {
    tags[slotOf(Buffer.from(String(next)))] ??= next;
    next++;
  }
  return `${PREFIX}${tags[slot]}}`;
}

/** The slot that a channel guards; undefined where it is no such channel. */
export function guardedSlot(channel: string): number | undefined {
  return channel.startsWith(PREFIX) ? slotOf(Buffer.from(channel)) : undefined;
}

/** The name of a sharded channel in any of the slots; undefined where there are none. */
export function watchChannel(slots: readonly SlotRange[]): string | undefined {
  for (let at = 0; at < 4 * SLOTS && slots.length > 0; at++) {
    const channel = `keywire:watch:${at}`;
    if (isIn(slots, slotOf(Buffer.from(channel)))) return channel;
  }
  return undefined;
}

export function isIn(slots: readonly SlotRange[], slot: number): boolean {
  return slots.some(([first, last]) => slot >= first && slot <= last);
}
