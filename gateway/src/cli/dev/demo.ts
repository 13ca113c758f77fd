import type { Clock, Timer } from "@keywire/shared";
import { type Command, Shop } from "./shop.js";

/** ms between two things that happen, at least and at most: some 15 events per second. */
const PAUSE = [80, 300] as const;

export interface DemoOptions {
  /** Sends commands in one go; rejects where Redis cannot be reached. */
  readonly send: (commands: readonly Command[]) => Promise<unknown>;
  readonly clock: Clock;
  /** Numbers from 0 to below 1. */
  readonly random: () => number;
  /** Told when sending failed; the traffic goes on. */
  readonly failed: (error: unknown) => void;
}

/** Demo traffic, from `start` until `stop`. */
export class Demo {
  readonly #options: DemoOptions;
  readonly #shop: Shop;
  #timer: Timer | undefined;
  #sending: Promise<void> = Promise.resolve();
  #state: "idle" | "running" | "stopped" = "idle";

  constructor(options: DemoOptions) {
    this.#options = options;
    this.#shop = new Shop(options.random);
  }

  start(): void {
    this.#state = "running";
    this.#schedule();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    this.#timer?.cancel();
    await this.#sending;
  }

  #schedule(): void {
    if (this.#state !== "running") return;
    const { clock, random } = this.#options;
    const pause = PAUSE[0] + random() * (PAUSE[1] - PAUSE[0]);
    this.#timer = clock.after(pause, () => {
      this.#sending = this.#act();
    });
  }

  /** The next one waits for this one: a slow Redis gets less, not a queue. */
  async #act(): Promise<void> {
    try {
      await this.#options.send(this.#shop.next());
    } catch (error) {
      this.#options.failed(error);
    }
    this.#schedule();
  }
}
