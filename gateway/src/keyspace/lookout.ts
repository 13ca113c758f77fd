import type { Clock, Timer } from "@keywire/shared";

/** ms between two looks. */
const INTERVAL = 1_000;
/** ms between two looks while something is amiss. */
const URGENT_INTERVAL = 250;
/** ms between two looks at the least, when something asks for one at once. */
const PAUSE = 50;

/** Looks at the deployment every second, and at once when something asks for it; never twice at a time. */
export class Lookout {
  readonly #clock: Clock;
  readonly #look: () => Promise<void>;
  readonly #isUrgent: () => boolean;
  #state: "idle" | "looking" | "asked again" | "stopped" = "idle";
  #timer: Timer | undefined;
  readonly #awaited: (() => void)[] = [];

  /**
   * @param look must not throw
   * @param isUrgent whether the next look is to come the sooner
   */
  constructor(clock: Clock, look: () => Promise<void>, isUrgent: () => boolean = () => false) {
    this.#clock = clock;
    this.#look = look;
    this.#isUrgent = isUrgent;
  }

  /** Looks for the first time; resolves when it has. */
  start(): Promise<void> {
    return this.#run();
  }

  soon(): void {
    if (this.#state === "idle") this.#schedule(PAUSE);
    else if (this.#state === "looking") this.#state = "asked again";
  }

  /** Looks soon; resolves behind the first look that begins from now on, unless stopped. */
  next(): Promise<void> {
    this.soon();
    return new Promise((resolve) => this.#awaited.push(resolve));
  }

  stop(): void {
    this.#state = "stopped";
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    this.#state = "looking";
    const began = this.#clock.now();
    const awaited = this.#awaited.splice(0);
    await this.#look();
    for (const done of awaited) done();
    // Less than nothing where the clock was set back meanwhile.
    const took = Math.max(0, this.#clock.now() - began);
    const interval = this.#isUrgent() ? URGENT_INTERVAL : INTERVAL;
    const delay = this.#isAskedAgain() ? PAUSE : Math.max(PAUSE, interval - took);
    if (this.#isStopped()) return;
    this.#state = "idle";
    this.#schedule(delay);
  }

  #schedule(delay: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(delay, () => void this.#run());
  }

  // The state changes while the look is awaited.

  #isAskedAgain(): boolean {
    return this.#state === "asked again";
  }

  #isStopped(): boolean {
    return this.#state === "stopped";
  }
}
