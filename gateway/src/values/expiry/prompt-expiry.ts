import type { Clock, Timer } from "@keywire/shared";
import { keyId } from "../key-id.js";
import { type Ask, type Reply, ReplyError, type Store } from "../ports.js";
import { DueQueue } from "./due-queue.js";

/** keys watched at a time */
export const DEFAULT_PROMPT_EXPIRY_KEYS = 100_000;
/** keys touched in one batch */
export const DEFAULT_PROMPT_EXPIRY_BATCH = 2_000;
/** ms from one batch to the next at the least */
export const DEFAULT_PROMPT_EXPIRY_TICK = 10;
/** ms behind the moment a key is due: Redis expires it when that moment is over */
const GRACE = 1;
/** ms before a key whose node could not be asked is touched again */
const RETRY_DELAY = 1_000;
/** ms that a timer sleeps at the most: some weeks are more than the system's timers take */
const LONGEST_SLEEP = 3_600_000;
/** Bytes of an encoding's name or a number as an answer. */
const WEIGHT = 32;

export interface PromptExpirySettings {
  readonly mode: "on" | "off";
  /** Keys watched at a time; beyond that, those watched longest without news are left to Redis. */
  readonly keys: number;
  /** Keys touched in one batch, on all nodes together. */
  readonly batch: number;
  /** ms from one batch to the next at the least. */
  readonly tick: number;
}

export const DEFAULT_PROMPT_EXPIRY_SETTINGS: PromptExpirySettings = {
  mode: "on",
  keys: DEFAULT_PROMPT_EXPIRY_KEYS,
  batch: DEFAULT_PROMPT_EXPIRY_BATCH,
  tick: DEFAULT_PROMPT_EXPIRY_TICK,
};

/** What has been done so far, for metrics; `watched` is as of now. */
export interface PromptExpiryStatus {
  readonly watched: number;
  readonly touched: number;
  /** Touched and still there: their time was extended without our knowing. */
  readonly extended: number;
  /** Left to Redis because too many were watched. */
  readonly dropped: number;
  readonly failed: number;
}

interface Watched {
  readonly db: number;
  readonly key: Uint8Array;
}

/**
 * Makes Redis tell of expired keys when they are due. Redis tells when it happens to find such a key;
 * touching it is a find. The touch is OBJECT ENCODING: it expires the key like any reading command,
 * but raises no `keymiss` where it is gone, and leaves its place in the eviction order as it is.
 */
export class PromptExpiry {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #settings: PromptExpirySettings;
  readonly #queue: DueQueue<Watched>;
  #state: "open" | "closed" = "open";
  #timer: Timer | undefined;
  /** When the timer goes off, and when the next batch may leave; ms since the Unix epoch. */
  #wakes = Number.POSITIVE_INFINITY;
  #notBefore = 0;
  #counts = { touched: 0, extended: 0, dropped: 0, failed: 0 };

  constructor(
    ports: { readonly store: Store; readonly clock: Clock },
    settings: Partial<PromptExpirySettings> = {},
  ) {
    this.#store = ports.store;
    this.#clock = ports.clock;
    this.#settings = { ...DEFAULT_PROMPT_EXPIRY_SETTINGS, ...settings };
    this.#queue = new DueQueue(this.#settings.keys);
  }

  /** The key was seen to live for `ttl` ms from now, or for good. Later news replaces earlier news. */
  watch(db: number, key: Uint8Array, ttl: number | undefined): void {
    if (ttl === undefined) this.forget(db, key);
    // A copy: the key may be a window on a chunk of the network, which it would keep alive.
    else this.#touchAfter({ db, key: Buffer.from(key) }, ttl + GRACE);
  }

  /**
   * As `watch`, but of a key that was read a while ago, and may have been watched since: the sooner time
   * counts. A key that is touched too soon is found there, and asked for its time.
   */
  notice(db: number, key: Uint8Array, ttl: number): void {
    const known = this.#queue.dueOf(keyId(db, key));
    if (known === undefined || known > this.#clock.now() + ttl) this.watch(db, key, ttl);
  }

  /** The key is gone, expires no more, or is of interest to nobody. */
  forget(db: number, key: Uint8Array): void {
    this.#queue.delete(keyId(db, key));
  }

  status(): PromptExpiryStatus {
    return { watched: this.#queue.size, ...this.#counts };
  }

  close(): void {
    this.#state = "closed";
    this.#timer?.cancel();
  }

  #touchAfter(watched: Watched, delay: number): void {
    if (this.#settings.mode === "off" || this.#state === "closed") return;
    const due = this.#clock.now() + delay;
    if (this.#queue.set(keyId(watched.db, watched.key), watched, due)) this.#counts.dropped++;
    if (due < this.#wakes) this.#sleep(due);
  }

  #sleep(until: number): void {
    this.#timer?.cancel();
    const now = this.#clock.now();
    const delay = Math.min(LONGEST_SLEEP, Math.max(until, this.#notBefore) - now);
    this.#wakes = now + delay;
    this.#timer = this.#clock.after(delay, () => this.#wake());
  }

  #wake(): void {
    const { batch, tick } = this.#settings;
    const now = this.#clock.now();
    this.#wakes = Number.POSITIVE_INFINITY;
    const due = this.#queue.take(now, batch);
    if (due.length > 0) this.#notBefore = now + tick;
    this.#counts.touched += due.length;
    this.#store.send(due.map((watched) => this.#touch(watched)));
    const { next } = this.#queue;
    if (next !== undefined) this.#sleep(next);
  }

  #touch(watched: Watched): Ask {
    return this.#ask("OBJECT ENCODING", watched, (encoding) => {
      if (encoding !== null) this.#store.send([this.#lookAgain(watched)]);
    });
  }

  #lookAgain(watched: Watched): Ask {
    return this.#ask("PTTL", watched, (ttl) => {
      if (typeof ttl !== "number" || ttl < 0) return;
      this.#counts.extended++;
      // What was told of the key meanwhile is as new as this.
      if (this.#queue.has(keyId(watched.db, watched.key))) return;
      this.#touchAfter(watched, ttl + GRACE);
    });
  }

  #ask(command: string, watched: Watched, take: (reply: Reply) => void): Ask {
    const { db, key } = watched;
    return {
      db,
      to: { key },
      commands: [[...command.split(" "), key]],
      weight: WEIGHT,
      answered: ([reply]) => {
        if (reply instanceof ReplyError) this.#counts.failed++;
        else take(reply ?? null);
      },
      failed: (error) => this.#failed(watched, error),
    };
  }

  #failed(watched: Watched, error: Error): void {
    this.#counts.failed++;
    const isKnown = this.#queue.has(keyId(watched.db, watched.key));
    // What Redis itself refuses it will refuse again.
    if (!isKnown && !(error instanceof ReplyError)) this.#touchAfter(watched, RETRY_DELAY);
  }
}
