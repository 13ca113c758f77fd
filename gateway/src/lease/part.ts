import type { Handover } from "./handover.js";
import type { Places } from "./places.js";

const NONE: ReadonlySet<string> = new Set();

/**
 * One part of the keyspace as this gateway has it: `standby` (another one may hand its events out,
 * this one keeps them), `held` (this one hands them out), `leaving` (it hands out what stands before
 * a handover's fences, and then lets go).
 */
export class Part {
  readonly no: number;
  #state: "standby" | "held" | "leaving" = "standby";
  #epoch = 0;
  #handover: Handover | undefined;
  /** Nodes of which it is not known yet from where on events are this gateway's. */
  readonly #waiting = new Set<Places>();
  #awaited = NONE;
  #waitsUntil = 0;
  /** What had come by then may have been handed out by the last holder: ms since the Unix epoch. */
  #repeatsUntil = Number.NEGATIVE_INFINITY;
  #heldSince = 0;

  constructor(no: number) {
    this.no = no;
  }

  get state(): "standby" | "held" | "leaving" {
    return this.#state;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get handover(): Handover | undefined {
    return this.#handover;
  }

  /** Whether events may be handed out, as far as the part goes. */
  get isOpen(): boolean {
    return this.#state !== "standby" && this.#waiting.size === 0;
  }

  /** Whether an event that came then may have been handed out before, ms since the Unix epoch. */
  mayRepeat(receivedAt: number): boolean {
    return receivedAt <= this.#repeatsUntil;
  }

  /**
   * @param now ms since the Unix epoch
   * @param isClean the last holder, where there was one, said where it ended
   */
  hold(epoch: number, now: number, isClean: boolean): void {
    this.#state = "held";
    this.#epoch = epoch;
    this.#heldSince = now;
    this.#repeatsUntil = isClean ? Number.NEGATIVE_INFINITY : now;
    this.#handover = undefined;
    this.#waiting.clear();
  }

  /** Where the last holder ended was said, but is not seen here. */
  doubt(): void {
    this.#repeatsUntil = this.#heldSince;
  }

  /** Hands nothing out before the fences were seen on these nodes, or until a moment has come. */
  await(nodes: Iterable<Places>, fences: ReadonlySet<string>, until: number): void {
    for (const places of nodes) this.#waiting.add(places);
    this.#awaited = fences;
    this.#waitsUntil = until;
  }

  /** @returns whether it is one that the part waits for on that node */
  awaits(places: Places, fence: string): boolean {
    return this.#waiting.has(places) && this.#awaited.has(fence);
  }

  /** @returns whether it waits for nothing any more */
  found(places: Places): boolean {
    this.#waiting.delete(places);
    return this.#waiting.size === 0;
  }

  /** @returns whether it has waited long enough, and waits no longer */
  givesUpWaiting(now: number): boolean {
    if (this.#waiting.size === 0 || now < this.#waitsUntil) return false;
    this.#waiting.clear();
    this.doubt();
    return true;
  }

  giveAway(handover: Handover): void {
    this.#state = "leaving";
    this.#handover = handover;
  }

  keep(): void {
    this.#state = "held";
    this.#handover = undefined;
  }

  lose(): void {
    this.#state = "standby";
    this.#handover = undefined;
    this.#waiting.clear();
  }
}
