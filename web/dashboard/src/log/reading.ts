import { type ReadonlySignal, signal } from "@preact/signals";
import type { EventLog } from "./log.js";

/** `live` at the top of a moving list; `scrolled` away from it, or `paused`: then rows stand still. */
export type Reading = "live" | "scrolled" | "paused";

/** Decides whether the log moves: what somebody reads must not run away. */
export class Reader {
  readonly #log: EventLog;
  readonly #state = signal<Reading>("live");

  constructor(log: EventLog) {
    this.#log = log;
  }

  get state(): ReadonlySignal<Reading> {
    return this.#state;
  }

  /** @param top px between the list's top and what is in sight */
  scrolled(top: number): void {
    if (this.#state.value === "paused") return;
    this.#enter(top > 0 ? "scrolled" : "live");
  }

  pause(): void {
    this.#enter("paused");
  }

  resume(): void {
    this.#enter("live");
  }

  toggle(): void {
    if (this.#state.value === "paused") this.resume();
    else this.pause();
  }

  #enter(next: Reading): void {
    if (next === this.#state.value) return;
    this.#state.value = next;
    if (next === "live") this.#log.release();
    else this.#log.hold();
  }
}
