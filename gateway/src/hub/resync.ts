import type { Clock, Timer } from "@keywire/shared";
import type { Snapshot } from "./ports.js";

/** Messages held back while a snapshot is taken; past it they go out, and another one is taken. */
const MAX_HELD = 10_000;
/** ms before a snapshot is tried again that could not be taken. */
export const RETRY_DELAY = 1_000;

export interface ResyncPort {
  readonly clock: Clock;
  take(): Promise<Snapshot>;
  /** Appends the snapshot to the channel. */
  append(snapshot: Snapshot): void;
  failed(error: unknown): void;
}

/**
 * Follows a channel's gap with a snapshot. While it is taken the channel's messages wait behind it:
 * the snapshot replaces all that a client holds, so what is older than it must not come later and
 * what is newer must not come earlier.
 *
 * States: `idle`, `taking`, `waiting` (it could not be taken, and is tried again), `closed`.
 */
export class Resync {
  readonly #port: ResyncPort;
  #state: "idle" | "taking" | "waiting" | "closed" = "idle";
  #held: (() => void)[] = [];
  /** Of the snapshot under way: what an earlier one brings is not wanted any more. */
  #attempt = 0;
  #timer: Timer | undefined;
  /** When the snapshot under way was begun, ms since the Unix epoch. */
  #began = 0;

  constructor(port: ResyncPort) {
    this.#port = port;
  }

  /** Begins anew, whatever was under way. */
  begin(): void {
    if (this.#state === "closed") return;
    this.release();
    this.#state = "taking";
    this.#began = this.#port.clock.now();
    const attempt = ++this.#attempt;
    this.#port.take().then(
      (snapshot) => {
        if (attempt === this.#attempt && this.#state === "taking") this.#finish(snapshot);
      },
      (error) => {
        if (attempt === this.#attempt && this.#state === "taking") this.#retry(error);
      },
    );
  }

  /** Lets the message wait where a snapshot is under way; else appends it at once. */
  pass(append: () => void): void {
    if (this.#state !== "taking") {
      append();
      return;
    }
    this.#held.push(append);
    if (this.#held.length > MAX_HELD) this.begin();
  }

  /** Since when messages wait, at the earliest, ms since the Unix epoch. */
  get heldSince(): number | undefined {
    return this.#held.length === 0 ? undefined : this.#began;
  }

  /** Lets go of what waits, and gives the snapshot under way up. */
  release(): void {
    if (this.#state === "closed") return;
    this.#timer?.cancel();
    this.#state = "idle";
    const held = this.#held;
    this.#held = [];
    for (const append of held) append();
  }

  close(): void {
    this.#timer?.cancel();
    this.#state = "closed";
    this.#held = [];
  }

  #finish(snapshot: Snapshot): void {
    // Handing it out may tell a gap, behind which the next one is under way already.
    this.#state = "idle";
    const held = this.#held;
    this.#held = [];
    this.#port.append(snapshot);
    for (const append of held) append();
  }

  #retry(error: unknown): void {
    this.#port.failed(error);
    this.release();
    this.#state = "waiting";
    this.#timer = this.#port.clock.after(RETRY_DELAY, () => this.begin());
  }
}
