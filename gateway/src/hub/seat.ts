import type { Cursor, WireError } from "@keywire/shared";
import type { Batch } from "./batch.js";
import type { Keys } from "./keys.js";
import type { Joined } from "./stream.js";

/** Somebody who is told a channel's messages. */
export interface Member {
  /** A message is handed over soon: looks at what that takes; see `SourceListener`. */
  lookAhead?(): number;
  /** Once, if at all, and before anything is delivered. */
  joined(joined: Joined & Partial<Keys>): void;
  /** Once, instead of `joined`. */
  refused(error: WireError): void;
  /** Must not put anybody on the channel. */
  deliver(batch: Batch): void;
  /** All that the member is to hold of the channel from here on; the next message bears `offset + 1`. */
  resynced(at: Cursor, keys: Keys): void;
}

export interface Membership {
  /**
   * What the channel was told before is still delivered, before this returns; nothing after.
   *
   * @returns since when there are events, ms since the Unix epoch, that were on their way to the member,
   *   as values or a snapshot are awaited, and do not come any more; undefined where there are none
   */
  leave(): number | undefined;
  /**
   * Has a new snapshot taken for the member alone, which did not get what came before this.
   *
   * @returns false where the channel has no snapshots, or the member is not on it
   */
  resync(): boolean;
}

/** The channel that a seat is on. */
export interface SeatOwner {
  leave(seat: Seat): number | undefined;
  resync(seat: Seat): boolean;
}

/** Whom a channel hands its messages. */
export type Receiver = Pick<Member, "lookAhead" | "deliver">;

/** Bytes of messages that may wait for a member's snapshot. */
const MAX_HELD_BYTES = 4 * 1_024 * 1_024;

/** A member's place on a channel, where its messages may wait behind a snapshot that is being taken. */
export class Seat implements Membership, Receiver {
  readonly member: Member;
  readonly since: Cursor | undefined;
  /** Itself, or the member where nothing ever waits. */
  readonly receiver: Receiver;
  readonly #owner: SeatOwner;
  #held: Batch[] | undefined;
  #heldBytes = 0;

  /** @param mayHold whether the channel has snapshots */
  constructor(member: Member, since: Cursor | undefined, owner: SeatOwner, mayHold: boolean) {
    this.member = member;
    this.since = since;
    this.receiver = mayHold ? this : member;
    this.#owner = owner;
  }

  lookAhead(): number {
    return this.#held === undefined ? (this.member.lookAhead?.() ?? 0) : 0;
  }

  leave(): number | undefined {
    return this.#owner.leave(this);
  }

  resync(): boolean {
    return this.#owner.resync(this);
  }

  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  /** Since when messages wait, ms since the Unix epoch. */
  get heldSince(): number | undefined {
    return this.#held?.[0]?.entries[0]?.from;
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
