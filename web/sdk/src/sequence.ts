import type { Cursor, GapMessage, SequencedMessage, SubscribedMessage } from "@keywire/shared";

/**
 * How a message continues the ones before it.
 *
 * - `next`: as it should
 * - `offset_repeated`: the client has it
 * - `offset_jump`: messages between are missing
 * - `gap_missing`: it should have been the gap that is due
 */
export type Verdict = "next" | "offset_repeated" | "offset_jump" | "gap_missing";

/** The place of one client in one channel: judges offsets, and knows where to resume. */
export class Sequence {
  /** The newest message the client has, with all before it or a gap in their place. */
  cursor: Cursor | undefined;
  /** Where the gateway goes on behind the gap that is due; till that comes, resume before it. */
  due: Cursor | undefined;
  /** The offset of the client's own gap just before: a snapshot behind it repeats it. */
  #gapAt: number | undefined;

  /**
   * Takes the answer to a subscribe. One that should resume and does not makes a gap due; true where
   * something is missing that nobody asked for, and nobody will tell.
   *
   * @param since what the subscribe asked to resume from
   */
  begin({ epoch, offset, resumed }: SubscribedMessage, since: Cursor | undefined): boolean {
    const had = this.cursor ?? { epoch, offset };
    const continues = had.epoch === epoch && had.offset === offset;
    this.#gapAt = undefined;
    this.due = since && !(resumed && continues) ? { epoch, offset } : undefined;
    if (this.due === undefined) this.cursor = { epoch, offset };
    return since === undefined && !continues;
  }

  /** Judges a message, and moves on when it is the next one. */
  accept(message: SequencedMessage): Verdict {
    const { offset } = message;
    const { epoch, offset: last } = this.due ?? this.cursor ?? { epoch: "", offset: Number.NaN };
    if (this.due !== undefined) {
      if (!isDueGap(message)) return "gap_missing";
    } else if (!follows(message, last, this.#gapAt)) {
      return offset <= last ? "offset_repeated" : "offset_jump";
    }
    this.due = undefined;
    this.cursor = { epoch, offset };
    this.#gapAt = isClientGap(message) ? offset : undefined;
    return "next";
  }

  /** Goes on without the gap that was due; the caller says so to the application. */
  waive(): void {
    this.cursor = this.due;
    this.due = undefined;
  }
}

/** A gap of this client alone stands for messages that others got. */
function isClientGap(message: SequencedMessage): message is GapMessage {
  return message.type === "gap" && message.missed !== undefined;
}

/** The gap that says what resuming did not bring; one of a slow client stands for something else. */
function isDueGap(message: SequencedMessage): boolean {
  return isClientGap(message) && message.reason !== "slow_consumer";
}

function follows(message: SequencedMessage, last: number, gapAt: number | undefined): boolean {
  const { offset } = message;
  // Where nobody knows how many are missing, any place is as good.
  if (isClientGap(message)) return message.missed == null || offset === last + message.missed;
  return offset === last + 1 || (message.type === "snapshot" && offset === gapAt);
}
