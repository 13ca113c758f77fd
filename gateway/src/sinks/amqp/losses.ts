import type { MissedEvents } from "./ports.js";

/**
 * Why events are not forwarded: the fallback or the memory was full; Redis lost what it had taken;
 * the broker takes no message as large; or they never came (see `MissedEvents`).
 */
export type LossReason =
  | "fallback_full"
  | "memory_full"
  | "redis_lost"
  | "too_large"
  | "unreadable"
  | MissedEvents["reason"];

/** Events that will not be forwarded, or may not have been. */
export interface Loss {
  readonly reason: LossReason;
  /** How many, null where nobody knows. */
  readonly count: number | null;
  /** ms since the Unix epoch; they happened between these. */
  readonly from: number;
  readonly to: number;
}

/** Stretches that are kept to be shown. */
const KEPT = 50;
/** ms between two losses that are told as one. */
const NEAR = 5_000;

/** What was lost, in numbers and in stretches of time. */
export class Losses {
  readonly #totals = new Map<LossReason, number>();
  readonly #stretches = new Map<LossReason, number>();
  #recent: Loss[] = [];

  add(loss: Loss): void {
    const { reason, count, to } = loss;
    this.#totals.set(reason, (this.#totals.get(reason) ?? 0) + (count ?? 0));
    const at = this.#recent.findLastIndex((known) => known.reason === reason);
    const last = this.#recent[at];
    if (last !== undefined && (last.count === null) === (count === null)) {
      if (loss.from - last.to <= NEAR && last.from <= to) {
        this.#recent[at] = merged(last, loss);
        return;
      }
    }
    this.#stretches.set(reason, (this.#stretches.get(reason) ?? 0) + 1);
    this.#recent = [...this.#recent, loss].slice(-KEPT);
  }

  /** Known numbers, by reason. */
  totals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#totals);
  }

  /** How many stretches of time, by reason. */
  stretches(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#stretches);
  }

  /** The latest stretches, oldest first. */
  recent(): readonly Loss[] {
    return this.#recent;
  }
}

function merged(a: Loss, b: Loss): Loss {
  return {
    reason: a.reason,
    count: a.count === null || b.count === null ? null : a.count + b.count,
    from: Math.min(a.from, b.from),
    to: Math.max(a.to, b.to),
  };
}
