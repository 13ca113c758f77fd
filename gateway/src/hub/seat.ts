import type { Cursor, WireError } from "@keywire/shared";
import type { Batch } from "./batch.js";
import type { Keys } from "./keys.js";
import type { Joined } from "./stream.js";

/** Somebody who is told a channel's messages. */
export interface Member {
  /** Once, if at all, and before anything is delivered. */
  joined(joined: Joined & Partial<Keys>): void;
  /** Once, instead of `joined`. */
  refused(error: WireError): void;
  /** Must not put anybody on the channel. */
  deliver(batch: Batch): void;
  /** All that the member is to hold of the channel from here on; the next message bears `offset + 1`. */
  resynced(at: Cursor, keys: Keys): void;
}

/** Bytes of messages that may wait for a member's snapshot. */
const MAX_HELD_BYTES = 4 * 1_024 * 1_024;

/** A member's place on a channel. Its messages may wait behind a snapshot that is being taken. */
export class Seat {
  readonly member: Member;
  readonly since: Cursor | undefined;
  #held: Batch[] | undefined;
  #heldBytes = 0;

  constructor(member: Member, since: Cursor | undefined) {
    this.member = member;
    this.since = since;
  }

  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  /** Whether more waits than may: then the snapshot is of no use any more. */
  get isFull(): boolean {
    return this.#heldBytes > MAX_HELD_BYTES;
  }

  deliver(batch: Batch): void {
    if (this.#held === undefined) {
      this.member.deliver(batch);
      return;
    }
    this.#held.push(batch);
    this.#heldBytes += batch.bytes;
  }

  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#heldBytes = 0;
    for (const batch of held) this.member.deliver(batch);
  }
}
