import { backoffDelay, type CloseCode, RECONNECT_BACKOFF, retryFor } from "@keywire/shared";
import { KeywireError } from "./errors.js";
import type { SessionEnd } from "./session.js";

/** ms that a connection must last for the next loss to be the first one again. */
export const STABLE_AFTER_MS = 5_000;
/** Tokens refused in a row before the client gives up. */
export const MAX_REFUSALS = 6;
/** The one code by name: all of them would go to every page. */
const FORBIDDEN: (typeof CloseCode)["Forbidden"] = 4403;
/** For how many failures a `back_off` counts: a first one waits up to 8 s. */
const BACK_OFF_FAILURES = 4;
/** ms; a gateway that asks for a longer pause is visited earlier. */
const MAX_PAUSE_MS = 300_000;

/** Decides whether and when to come back; counts what went wrong in a row. */
export class Retries {
  #failures = 0;
  #refusals = 0;

  /**
   * ms to wait before the next attempt, or why there is to be none.
   *
   * @param random a number in [0, 1)
   */
  after({ code, reason, openFor = 0, goodbye }: SessionEnd, random: number): number | KeywireError {
    if (openFor >= STABLE_AFTER_MS) this.#failures = this.#refusals = 0;
    const retry = retryFor(code);
    if (retry === "renew_token") this.#refusals += 1;
    if (retry === "never" || this.#refusals >= MAX_REFUSALS) {
      const refusal = code === FORBIDDEN ? "forbidden" : "bad_request";
      const name = retry === "never" ? refusal : "unauthorized";
      return new KeywireError(name, `the gateway refused the connection: ${reason}`);
    }
    if (retry === "back_off") this.#failures += BACK_OFF_FAILURES;
    const pause = goodbye?.reconnect;
    if (pause === undefined) return backoffDelay(RECONNECT_BACKOFF, this.#failures++, random);
    return Math.min(MAX_PAUSE_MS, Math.round(pause.min + random * (pause.max - pause.min)));
  }
}
