import type { Bridge } from "./bridge.js";
import type { Failure, Failures } from "./failures.js";
import type { Meter } from "./meter.js";
import type { Realm } from "./realm.js";

/**
 * Runs library code within its time, and then what it left to promises; and says when the sandbox
 * is not to be used any more.
 */
export class Turns {
  readonly #realm: Realm;
  readonly #bridge: Bridge;
  readonly #meter: Meter;
  readonly #failures: Failures;
  #state: "usable" | "spoilt" = "usable";

  constructor(realm: Realm, bridge: Bridge, meter: Meter, failures: Failures) {
    this.#realm = realm;
    this.#bridge = bridge;
    this.#meter = meter;
    this.#failures = failures;
  }

  get isUsable(): boolean {
    return this.#state === "usable";
  }

  /** @returns why the sandbox broke, where it did */
  run(code: () => void): Failure | undefined {
    try {
      this.#meter.begin();
      code();
      this.settle();
      return undefined;
    } catch (error) {
      return this.breakdown(error);
    } finally {
      this.#meter.end();
      this.#bridge.flush();
    }
  }

  /** Runs what was left to promises. */
  settle(): void {
    const mayGoOn = () => !this.#meter.hasRunOut;
    this.#meter.extend();
    if (this.#realm.settle(mayGoOn)) return;
    // Time ran out among the reactions; they too get the moment that what is stopped gets.
    this.#meter.isDue();
    this.#meter.extend();
    if (this.#realm.settle(mayGoOn)) return;
    this.spoil("time", this.#failures.time("its promises go on and on"));
  }

  /** Something broke besides the library's code: what is left of the sandbox is not trusted. */
  breakdown(error: unknown): Failure {
    const failure = this.#failures.ofBreakdown(error);
    this.spoil(failure.code === "memory" ? "memory" : "crash", failure.message);
    return failure;
  }

  spoil(reason: "time" | "memory" | "crash", message: string): void {
    if (this.#state === "spoilt") return;
    this.#state = "spoilt";
    this.#bridge.post({ type: "spoilt", reason, message });
  }
}
