import type { Clock, Timer } from "@keywire/shared";

/** ms of silence after which the client pings, where the gateway does not say how often it does. */
export const DEFAULT_HEARTBEAT_MS = 25_000;
/** ms; a gateway that pings more seldom is asked in between. */
const MAX_HEARTBEAT_MS = 60_000;
/** ms in which a ping must be followed by a sign of life. */
export const PONG_DEADLINE_MS = 10_000;

interface WatchdogPort {
  readonly clock: Clock;
  ping(): void;
  /** The ping stayed without an answer. */
  silent(): void;
}

/**
 * Finds a connection that is open but dead. The gateway's own WebSocket pings do not count, for
 * browsers answer them without showing them.
 */
export class Watchdog {
  readonly #port: WatchdogPort;
  /** ms */
  readonly #heartbeat: number;
  #state: "listening" | "probing" = "listening";
  #heardAt = 0;
  #timer: Timer | undefined;

  /** @param heartbeat ms of silence before a ping, as the gateway says */
  constructor(port: WatchdogPort, heartbeat: number) {
    this.#heartbeat = Math.min(MAX_HEARTBEAT_MS, heartbeat || DEFAULT_HEARTBEAT_MS);
    this.#port = port;
    this.heard();
    this.#listen(this.#heartbeat);
  }

  /** Cheap, because it is called for each frame: the timer looks when it is due. */
  heard(): void {
    this.#heardAt = this.#port.clock.now();
    if (this.#state === "probing") this.#listen(this.#heartbeat);
  }

  /** Pings now: something happened that may have cut the line. */
  probe(): void {
    if (this.#state === "probing") return;
    this.#state = "probing";
    this.#after(PONG_DEADLINE_MS, () => this.#port.silent());
    this.#port.ping();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #listen(ms: number): void {
    this.#state = "listening";
    this.#after(ms, () => {
      const silence = this.#port.clock.now() - this.#heardAt;
      // A silence below zero means that the clock was set back, and tells nothing.
      if (silence >= this.#heartbeat || silence < 0) this.probe();
      else this.#listen(this.#heartbeat - silence);
    });
  }

  #after(ms: number, fn: () => void): void {
    this.stop();
    this.#timer = this.#port.clock.after(ms, fn);
  }
}
