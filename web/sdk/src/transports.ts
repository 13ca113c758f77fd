import type { SessionEnd } from "./session.js";
import { ABNORMAL_CLOSURE, type Transport } from "./transport.js";

/** Failures in a row before another transport is tried on a page on which the preferred one works. */
export const PATIENCE = 3;

/** The origin that only the fallback reaches, remembered for as long as the page lives. */
let blocked: string | undefined;

/** Chooses what the next connection goes over: what is preferred, or what gets through. */
export class Transports {
  current: Transport;
  readonly #origin: string;
  readonly #preferred: Transport;
  readonly #fallback: Transport;
  /** How many failures in a row are needed to try the fallback. */
  #patience = 1;
  #failures = 0;

  /** @param fallback the same as the preferred one, where there is no choice */
  constructor(origin: string, preferred: Transport, fallback = preferred) {
    this.#origin = origin;
    this.#preferred = preferred;
    this.#fallback = fallback;
    this.current = blocked === origin ? fallback : preferred;
  }

  welcomed(): void {
    this.#failures = 0;
    if (this.current === this.#preferred) this.#patience = PATIENCE;
    else blocked = this.#origin;
  }

  /** Takes note of how a session ended; true where another transport should be tried at once. */
  ended({ code, openFor }: SessionEnd): boolean {
    // Who was welcomed once has nothing to learn, nor has a page that knows what is blocked.
    if (openFor !== undefined || blocked === this.#origin) return false;
    const before = this.current;
    // Where the fallback is not welcomed either, the preferred one is as good again.
    this.current = this.#preferred;
    if (before !== this.#preferred || code !== ABNORMAL_CLOSURE) return false;
    if (++this.#failures >= this.#patience) this.current = this.#fallback;
    return this.current !== before;
  }
}
