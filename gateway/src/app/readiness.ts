import type { Clock, Timer } from "@keywire/shared";
import type { Log } from "../observe/index.js";

/** ms between two looks. */
const LOOK_EVERY = 1_000;
/** ms between two lines while it stays not ready: what is tried again fails in turns for several reasons. */
const TELL_EVERY = 10_000;

/**
 * Says in the log what `/readyz` says: that the gateway is ready, and when it is not, why. Who looks
 * for the reason in the log would find none otherwise, where Redis was never reached.
 */
export class ReadinessLog {
  readonly #clock: Clock;
  readonly #problems: () => readonly string[];
  readonly #log: Log;
  #said: string | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(clock: Clock, problems: () => readonly string[], log: Log) {
    this.#clock = clock;
    this.#problems = problems;
    this.#log = log;
  }

  /** Looks as soon as whoever started the gateway has said that it listens, and from then on. */
  start(pause = 0): void {
    this.#timer = this.#clock.after(pause, () => {
      this.#look();
      this.start(LOOK_EVERY);
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const reasons = this.#problems();
    const text = reasons.join("; ");
    if (text === this.#said) return;
    const now = this.#clock.now();
    const isNews = text === "" || this.#said === undefined || this.#said === "";
    if (!isNews && now - this.#saidAt < TELL_EVERY) return;
    this.#said = text;
    this.#saidAt = now;
    if (text === "") this.#log.info("ready");
    else this.#log.warn("not ready", { reasons });
  }
}
