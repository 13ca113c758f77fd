import type { NodeState } from "./ports.js";

/** Stretches remembered; past it the two oldest are one. */
const MAX_GAPS = 256;

/** How long after a node is ready its gap has been told at the latest, ms. */
const MAX_SILENCE = 5_000;

/** A stretch of time in which this gateway may not have been told of events. */
export interface Stretch {
  /** ms since the Unix epoch. */
  readonly from: number;
  readonly to: number;
  readonly reason: "source" | "unattended";
}

/**
 * When this gateway did not hear everything: before it began to listen, and in the source's gaps.
 * What it takes over may have happened then.
 */
export class Unheard {
  #heardSince = Number.POSITIVE_INFINITY;
  #gaps: Stretch[] = [];

  /** Everything asked for so far is told from this moment on. */
  listening(now: number): void {
    this.#heardSince = now;
  }

  /** @returns false where it is known already */
  gap(from: number, to: number): boolean {
    if (this.#gaps.some((known) => known.from <= from && known.to >= to)) return false;
    this.#gaps.push({ from, to, reason: "source" });
    const [first, second] = this.#gaps;
    if (this.#gaps.length > MAX_GAPS && first !== undefined && second !== undefined) {
      const from = Math.min(first.from, second.from);
      const to = Math.max(first.to, second.to);
      this.#gaps.splice(0, 2, { from, to, reason: "source" });
    }
    return true;
  }

  /** Whether all that a node has told is known, and what it may not have told as well. */
  isSound({ state, since }: NodeState, now: number): boolean {
    if (state !== "ready") return false;
    // A link that is new is ready before its subscriptions are acknowledged, and only then is its gap told.
    return since <= this.#heardSince || now - since > MAX_SILENCE;
  }

  /** What was not heard of all that happened after `time`. */
  after(time: number): Stretch[] {
    const gaps = this.#gaps.filter(({ to }) => to > time);
    const stretches = gaps.map((gap) => ({ ...gap, from: Math.max(gap.from, time) }));
    if (time >= this.#heardSince) return stretches;
    return [{ from: time, to: this.#heardSince, reason: "unattended" }, ...stretches];
  }

  /** What happened before is done, whoever did it. */
  forgetBefore(time: number): void {
    this.#gaps = this.#gaps.filter(({ to }) => to > time);
  }
}
