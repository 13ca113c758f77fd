import type { Clock, Timer } from "@keywire/shared";

/** A connection that is asked for signs of life. */
export interface Living {
  ping(): void;
  /** It did not answer in time. */
  missed(): void;
}

export interface HeartbeatOptions {
  /** ms between two pings of a connection. */
  readonly interval: number;
  /** ms within which something must come back; undefined where nothing is expected. */
  readonly timeout: number | undefined;
}

/** How often a connection is looked at between two pings, so that not all are pinged at once. */
const STEPS = 25;
/** ms between two looks, at the least and at the most. */
const MIN_STEP = 20;
const MAX_STEP = 1_000;

/**
 * Pings all connections, with one timer for all of them. As each waits equally long, those that wait
 * stand in the order in which their time comes, and a look concerns only those whose time has come.
 */
export class Heartbeat<L extends Living = Living> {
  readonly #clock: Clock;
  readonly #options: HeartbeatOptions;
  readonly #step: number;
  /** When each is to be pinged next, and until when each must answer, the earliest first. */
  readonly #pings = new Map<L, number>();
  readonly #answers = new Map<L, number>();
  #timer: Timer | undefined;

  constructor(clock: Clock, options: HeartbeatOptions) {
    this.#clock = clock;
    this.#options = options;
    const shortest = Math.min(options.interval, options.timeout ?? options.interval);
    this.#step = Math.min(Math.max(shortest / STEPS, MIN_STEP), MAX_STEP);
  }

  get size(): number {
    return this.#pings.size;
  }

  add(connection: L): void {
    this.#pings.set(connection, this.#clock.now() + this.#options.interval);
    this.#timer ??= this.#clock.after(this.#step, this.#look);
  }

  remove(connection: L): void {
    this.#pings.delete(connection);
    this.#answers.delete(connection);
    if (this.#pings.size === 0) this.#rest();
  }

  /** Something came from the connection. */
  heard(connection: L): void {
    this.#answers.delete(connection);
  }

  #rest(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const now = this.#clock.now();
    this.#giveUp(now);
    this.#ping(now);
    if (this.#pings.size > 0) this.#timer ??= this.#clock.after(this.#step, this.#look);
  };

  #giveUp(now: number): void {
    for (const [connection, until] of this.#answers) {
      if (until > now) break;
      this.remove(connection);
      connection.missed();
    }
  }

  #ping(now: number): void {
    const { interval, timeout } = this.#options;
    for (const [connection, at] of this.#pings) {
      if (at > now) break;
      // At the end now: the next round's order is this one's.
      this.#pings.delete(connection);
      this.#pings.set(connection, now + interval);
      // One that has not answered the last ping has no more time for it because of this one.
      if (timeout !== undefined && !this.#answers.has(connection)) {
        this.#answers.set(connection, now + timeout);
      }
      connection.ping();
    }
  }
}
