import type { Timer } from "@keywire/shared";
import type { LeasePorts } from "./ports.js";

export type RoundsPorts = Pick<LeasePorts, "clock" | "monotonic">;

/** Does something at an even pace, and at once where that is asked for; one at a time. */
export class Rounds {
  readonly #ports: RoundsPorts;
  readonly #interval: number;
  readonly #round: () => Promise<boolean>;
  #state: "idle" | "waiting" | "under way" | "asked again" | "closed" = "idle";
  #timer: Timer | undefined;

  /**
   * @param interval from the begin of one round to that of the next, ms
   * @param round never rejects, and resolves with whether there is to be another one
   */
  constructor(ports: RoundsPorts, interval: number, round: () => Promise<boolean>) {
    this.#ports = ports;
    this.#interval = interval;
    this.#round = round;
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  start(): void {
    if (this.#state !== "idle") return;
    this.#state = "waiting";
    this.soon();
  }

  /** Begins one at once, or as soon as the one under way is through. */
  soon(): void {
    if (this.#state === "under way") this.#state = "asked again";
    if (this.#state !== "waiting") return;
    this.#timer?.cancel();
    void this.#run();
  }

  close(): void {
    this.#state = "closed";
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    this.#state = "under way";
    const began = this.#ports.monotonic();
    const isMore = await this.#round();
    if (this.isClosed) return;
    const isAskedAgain = this.#isAskedAgain();
    this.#state = "waiting";
    if (!isMore) return;
    const took = this.#ports.monotonic() - began;
    const delay = isAskedAgain ? 0 : Math.max(0, this.#interval - took);
    this.#timer = this.#ports.clock.after(delay, () => void this.#run());
  }

  /** The state changes while a round is awaited. */
  #isAskedAgain(): boolean {
    return this.#state === "asked again";
  }
}
