import type { Clock, Timer } from "@keywire/shared";

/**
 * Work that is done step by step, one at a time, whenever something may have changed. A step answers
 * whether there is more to do now.
 */
export class Loop {
  readonly #clock: Clock;
  readonly #step: () => Promise<boolean>;
  readonly #failed: (error: unknown) => void;
  #state: "idle" | "running" | "again" | "ended" = "idle";

  #timer: Timer | undefined;

  constructor(clock: Clock, step: () => Promise<boolean>, failed: (error: unknown) => void) {
    this.#clock = clock;
    this.#step = step;
    this.#failed = failed;
  }

  wake(): void {
    if (this.#state === "running") this.#state = "again";
    else if (this.#state === "idle") void this.#run();
  }

  /** What a step answers that has nothing to do for so many ms. */
  later(ms: number): false {
    this.#timer?.cancel();
    if (this.#isRunning()) this.#timer = this.#clock.after(ms, () => this.wake());
    return false;
  }

  end(): void {
    this.#state = "ended";
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    try {
      while (this.#isRunning()) {
        this.#state = "running";
        const isMore = await this.#step();
        if (!isMore && !this.#isAskedAgain()) break;
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      if (this.#isRunning()) this.#state = "idle";
    }
  }

  #isAskedAgain(): boolean {
    return this.#state === "again";
  }

  #isRunning(): boolean {
    return this.#state !== "ended";
  }
}
