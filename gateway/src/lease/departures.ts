import type { HandOut } from "./hand-out.js";
import { encodeBoundary, Handover } from "./handover.js";
import type { Looks } from "./looks.js";
import type { Part } from "./part.js";
import type { Places, Segment } from "./places.js";
import type { Event, Release } from "./ports.js";
import type { Progress } from "./progress.js";
import type { Sayings } from "./sayings.js";
import type { Shared } from "./shared.js";

/** How long a handover may take before the parts are kept after all, ms; and until the next attempt. */
const HANDOVER_TIMEOUT = 10_000;

export interface DeparturesPorts<E extends Event> {
  readonly looks: Looks;
  readonly progress: Progress<E>;
  readonly handOut: HandOut<E>;
  readonly sayings: Sayings<E>;
  /** There is something to release. */
  finished(): void;
  /** A fence could not be raised. */
  trouble(error: unknown): void;
}

/**
 * Parts that go from this gateway to others, one handover at a time: fences are raised, what stands
 * before them is handed out, and then the leases are let go of.
 */
export class Departures<E extends Event> {
  readonly #shared: Shared<E>;
  readonly #ports: DeparturesPorts<E>;
  #handover: Handover | undefined;
  /** ms since the Unix epoch. */
  #notBefore = 0;
  /** Whether all parts are to go for good. */
  #isFinal = false;

  constructor(shared: Shared<E>, ports: DeparturesPorts<E>) {
    this.#shared = shared;
    this.#ports = ports;
  }

  /** From now on parts go however long it takes, whatever became of the last attempt. */
  leave(): void {
    this.#isFinal = true;
    this.#notBefore = 0;
  }

  /** Begins to hand these over, unless others are on their way or it may not be just now. */
  async giveAway(parts: readonly Part[]): Promise<void> {
    if (parts.length === 0 || this.#handover !== undefined) return;
    const now = this.#shared.ports.clock.now();
    if (now < this.#notBefore || !this.#ports.looks.isValid()) return;
    // Whose events were lost meanwhile would not be known to either side.
    if (!this.#ports.progress.isWhole()) return;
    const handover = new Handover(now);
    this.#handover = handover;
    for (const part of parts) part.giveAway(handover);
    await this.#fence(handover);
  }

  raised(places: Places, fence: string, segment: Segment): void {
    const handover = this.#handover;
    if (!handover?.raised(places, fence, segment)) return;
    for (const part of this.#partsOf(handover)) this.#ports.handOut.drain(part);
  }

  passed(node: string, fence: string): void {
    const handover = this.#handover;
    if (!handover?.passed(node, fence)) return;
    for (const part of this.#partsOf(handover)) this.settled(part);
  }

  /** Something was done of a part on its way to another gateway. */
  settled(part: Part): void {
    if (this.#isFinished(part)) this.#ports.finished();
  }

  /** Raises fences on nodes that are new, and takes back what does not get on. */
  keepGoing(): void {
    const handover = this.#handover;
    if (handover === undefined) return;
    const now = this.#shared.ports.clock.now();
    const parts = this.#partsOf(handover);
    if (parts.length === 0) this.#handover = undefined;
    else if (this.#isOverdue(handover, now)) {
      this.#handover = undefined;
      this.#notBefore = now + HANDOVER_TIMEOUT;
      for (const part of parts) {
        part.keep();
        this.#ports.handOut.drain(part);
      }
    } else {
      this.#fence(handover).catch((error) => this.#ports.trouble(error));
      if (parts.some((part) => this.#isFinished(part))) this.#ports.finished();
    }
  }

  /** Lets go of the leases of parts of which all is done that was still this gateway's. */
  async releaseFinished(): Promise<void> {
    const finished = this.#shared.parts.filter((part) => this.#isFinished(part));
    if (finished.length === 0) return;
    const gone = this.#goneNodes();
    const releases = finished.flatMap((part) => this.#releaseOf(part, gone) ?? []);
    if (this.#handover !== undefined) this.#handover.isReleasing = true;
    await this.#shared.ports.store.release(releases);
    for (const part of finished) part.lose();
    if (!this.#shared.parts.some(({ state }) => state === "leaving")) this.#handover = undefined;
    this.#ports.sayings.call();
  }

  /** Lets go of these as they are, without a word of where the next holder is to begin. */
  async abandon(parts: readonly Part[]): Promise<void> {
    if (parts.length === 0) return;
    const releases = this.#ports.progress.of(parts).map((said) => ({ ...said, handover: "" }));
    for (const part of parts) part.lose();
    await this.#shared.ports.store.release(releases);
  }

  #partsOf(handover: Handover): Part[] {
    return this.#shared.parts.filter((part) => part.handover === handover);
  }

  /** Raises the handover's fence on the nodes that have none yet. */
  async #fence(handover: Handover): Promise<void> {
    const missing = this.#shared.ports.fences.nodes().filter(({ id }) => !handover.has(id));
    await Promise.all(
      missing.map(({ id }) => {
        const { id: fence, raised } = this.#ports.sayings.raise(id);
        handover.raise(id, fence);
        return raised.catch((error) => {
          handover.forget(id);
          throw error;
        });
      }),
    );
  }

  /** One whose parts may have been let go of already cannot be taken back. */
  #isOverdue({ began, isReleasing }: Handover, now: number): boolean {
    return !this.#isFinal && !isReleasing && now - began > HANDOVER_TIMEOUT;
  }

  /** Whether all that stands before the handover's fences is done. */
  #isFinished(part: Part): boolean {
    const handover = part.handover;
    if (handover === undefined || !handover.isDrawn(this.#shared.ports.fences.nodes()))
      return false;
    return this.#shared.backlog.queues(part.no).every(({ places, oldest }) => {
      const stop = handover.stops.get(places);
      return oldest === undefined || (stop !== undefined && oldest.no >= stop.no);
    });
  }

  #releaseOf({ no, epoch, handover }: Part, gone: readonly string[]): Release | undefined {
    if (handover === undefined) return undefined;
    const done = this.#ports.looks.byRedis(handover.began);
    return { part: no, epoch, done, handover: encodeBoundary(handover.boundary(gone)) };
  }

  /** Nodes that this gateway was told of, and that are no more. */
  #goneNodes(): string[] {
    const living = new Set(this.#shared.ports.fences.nodes().map(({ id }) => id));
    return [...this.#shared.places.keys()].filter((node) => !living.has(node));
  }
}
