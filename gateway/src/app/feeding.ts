import type { Clock, Interest, Timer } from "@keywire/shared";

/** What is fed the events of some interests. */
interface Fed {
  setInterests(interests: readonly Interest[]): Promise<void>;
}

/** ms until what could not be listened to is tried again. */
const TRY_AGAIN = 2_000;

/** Sees to it that a worker is fed what it is to be fed, one change after the other. */
export class Feeding {
  readonly #fed: Fed;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  #wanted: readonly Interest[] | undefined;
  #state: "idle" | "busy" | "closed" = "idle";
  #timer: Timer | undefined;

  /** @param failed told of each attempt that failed; another one follows */
  constructor(fed: Fed, clock: Clock, failed: (error: unknown) => void) {
    this.#fed = fed;
    this.#clock = clock;
    this.#failed = failed;
  }

  feed(interests: readonly Interest[]): void {
    this.#wanted = interests;
    if (this.#state === "idle") void this.#run();
  }

  close(): void {
    this.#state = "closed";
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    this.#timer?.cancel();
    this.#state = "busy";
    while (this.#wanted !== undefined && !this.#isClosed()) {
      const interests = this.#wanted;
      this.#wanted = undefined;
      try {
        await this.#fed.setInterests(interests);
      } catch (error) {
        if (this.#isClosed()) return;
        this.#failed(error);
        this.#wanted ??= interests;
        this.#timer = this.#clock.after(TRY_AGAIN, () => void this.#run());
        break;
      }
    }
    if (!this.#isClosed()) this.#state = "idle";
  }

  #isClosed(): boolean {
    return this.#state === "closed";
  }
}
