import type { Clock, Timer } from "@keywire/shared";
import type { Feeding } from "../ports.js";
import type { Subscriber } from "./subscriber.js";

/** ms between two looks at which parts are held. */
const LOOK_EVERY = 500;
/** ms between two looks at the streams of which something is kept, whoever told of them. */
const SWEEP_EVERY = 30_000;

export interface SweepsPorts {
  readonly subscribers: ReadonlyMap<string, Subscriber>;
  readonly feeding: Pick<Feeding, "tenure">;
  readonly clock: Clock;
  readonly failed: (error: unknown) => void;
}

/** Has all triggers look for their streams: now and then, and whenever one may have been overlooked. */
export class Sweeps {
  readonly #ports: SweepsPorts;
  #tenure = "";
  #sweptAt = 0;
  #sweep: Promise<void> | undefined;
  #isDue = false;
  #timer: Timer | undefined;
  #state: "open" | "closed" = "open";

  constructor(ports: SweepsPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#timer = this.#ports.clock.after(LOOK_EVERY, () => this.#look());
  }

  /** Looks for them, and once more where that is under way. */
  soon(): void {
    if (this.#state === "closed" || this.#ports.subscribers.size === 0) return;
    this.#isDue = true;
    this.#sweep ??= this.#sweepWhileDue();
  }

  /** Events may be missing: streams that were found before are looked for as well. */
  missed(): void {
    for (const subscriber of this.#ports.subscribers.values()) subscriber.missed();
    this.soon();
  }

  /** Resolves when none is under way any more. */
  async close(): Promise<void> {
    this.#state = "closed";
    this.#timer?.cancel();
    await this.#sweep;
  }

  #look(): void {
    const { feeding, clock, subscribers } = this.#ports;
    const tenure = feeding.tenure();
    if (tenure !== this.#tenure) {
      this.#tenure = tenure;
      for (const subscriber of subscribers.values()) subscriber.release();
      // What another gateway kept of streams that are this one's now was not read yet.
      this.missed();
    } else if (this.#isUnsearched() || clock.now() - this.#sweptAt >= SWEEP_EVERY) {
      this.soon();
    }
    if (this.#state === "open") this.start();
  }

  #isUnsearched(): boolean {
    return [...this.#ports.subscribers.values()].some(({ isSearched }) => !isSearched);
  }

  async #sweepWhileDue(): Promise<void> {
    const { subscribers, clock, failed } = this.#ports;
    while (this.#isDue && this.#state === "open") {
      this.#isDue = false;
      this.#sweptAt = clock.now();
      for (const subscriber of [...subscribers.values()]) await subscriber.search().catch(failed);
    }
    // Not a turn later: what becomes due then would wait for the next look.
    this.#sweep = undefined;
  }
}
