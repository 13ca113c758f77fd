import { Fifo } from "@keywire/shared";
import { type Library, LibraryFailure } from "../engine/ports.js";
import type { FedEvent } from "../ports.js";
import type { Counters } from "../statistics/counters.js";
import type { Book } from "../statistics/ledger.js";
import type { MissedStretch } from "../statistics/page.js";

/** Callbacks of one library that are handed to its sandbox at a time; more wait in the queue. */
export const MOST_UNDER_WAY = 512;

export interface LanePorts {
  /** ms since the Unix epoch. */
  readonly now: () => number;
  /** ms with a fraction, since whenever; never set back. */
  readonly monotonic: () => number;
  readonly finished: (outcome: "success" | "failed", ms: number) => void;
  readonly missed: (stretch: MissedStretch) => void;
}

interface Job {
  readonly event: FedEvent;
  readonly triggers: readonly string[];
  readonly done: () => void;
  /** On the monotonic clock. */
  readonly takenAt: number;
  /** ms from the event's arrival until it was taken. */
  readonly waited: number;
}

/**
 * The events of one library: a bounded queue in front of its sandbox. The sandbox keeps the events of
 * each key in order; here it is kept from being handed more than it can hold.
 */
export class Lane {
  readonly #ports: LanePorts;
  readonly #book: Book;
  readonly #capacity: number;
  readonly #waiting = new Fifo<Job>();
  #library: Library | undefined;
  #counters: ReadonlyMap<string, Counters> = new Map();
  /** Callbacks under way, by the library they run in: one that was replaced ends what it began. */
  readonly #underWay = new Map<Library, number>();
  readonly #idle = new Map<Library, () => void>();
  #total = 0;

  /** @param capacity events that may wait */
  constructor(book: Book, capacity: number, ports: LanePorts) {
    this.#book = book;
    this.#capacity = capacity;
    this.#ports = ports;
    book.pending = () => this.pending;
  }

  /** Events that wait, and callbacks that are under way. */
  get pending(): number {
    return this.#waiting.length + this.#total;
  }

  /**
   * From now on events go to this library; undefined where there is none that runs. What waits goes
   * there too, but for triggers that it does not have.
   *
   * @param counters of its triggers
   */
  adopt(library: Library | undefined, counters: ReadonlyMap<string, Counters>): void {
    this.#library = library;
    this.#counters = counters;
    this.#startNext();
  }

  /** Something besides events of keys is under way in a library. @returns how to say that it ended */
  keepOpen(library: Library): () => void {
    this.#enter(library);
    return () => this.#leave(library);
  }

  /** Resolves when nothing that a library began is under way any more. */
  whenIdle(library: Library): Promise<void> {
    if (!this.#underWay.has(library)) return Promise.resolve();
    return new Promise((resolve) => this.#idle.set(library, resolve));
  }

  /**
   * Takes an event for these triggers, in their order.
   *
   * @param done called when all are through, and counted where the gateway's end cannot undo it
   */
  take(event: FedEvent, triggers: readonly string[], done: () => void): void {
    const { now, monotonic } = this.#ports;
    const waited = Math.max(0, now() - event.receivedAt);
    const job = { event, triggers, done, takenAt: monotonic(), waited };
    if (this.#waiting.length === 0 && this.#total < MOST_UNDER_WAY) this.#start(job);
    else {
      if (this.#waiting.length >= this.#capacity) this.#drop(this.#waiting.shift(), "queue");
      this.#waiting.push(job);
    }
  }

  /** The library was deleted: what waits for it is done. */
  end(): void {
    this.#library = undefined;
    for (const { done } of this.#waiting.drain()) done();
  }

  #startNext(): void {
    while (this.#total < MOST_UNDER_WAY) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      this.#start(job);
    }
  }

  #start(job: Job): void {
    const library = this.#library;
    if (library === undefined) {
      this.#drop(job, "broken");
      return;
    }
    let open = job.triggers.length;
    const through = () => {
      if (--open === 0) this.#book.whenWritten(job.done);
    };
    for (const trigger of job.triggers) {
      const counters = this.#counters.get(trigger);
      if (counters === undefined) through();
      else this.#fire(library, trigger, job, counters, through);
    }
  }

  #fire(
    library: Library,
    trigger: string,
    job: Job,
    counters: Counters,
    through: () => void,
  ): void {
    this.#enter(library);
    counters.fired();
    const finish = (error?: string) => {
      const ms = job.waited + this.#ports.monotonic() - job.takenAt;
      counters.finished(ms, this.#ports.now(), error);
      this.#ports.finished(error === undefined ? "success" : "failed", ms);
      through();
      this.#leave(library);
    };
    library.fire(trigger, job.event).then(
      () => finish(),
      (error: unknown) => {
        if (!isClosed(error)) finish(error instanceof Error ? error.message : String(error));
        else {
          // The gateway is going away: whoever takes the key over runs it, and counts it.
          counters.undone();
          this.#leave(library);
        }
      },
    );
  }

  #enter(library: Library): void {
    this.#total++;
    this.#underWay.set(library, (this.#underWay.get(library) ?? 0) + 1);
  }

  #leave(library: Library): void {
    this.#total--;
    const left = (this.#underWay.get(library) ?? 1) - 1;
    if (left > 0) this.#underWay.set(library, left);
    else {
      this.#underWay.delete(library);
      this.#idle.get(library)?.();
      this.#idle.delete(library);
    }
    this.#startNext();
  }

  #drop(job: Job | undefined, reason: "queue" | "broken"): void {
    if (job === undefined) return;
    const { receivedAt } = job.event;
    this.#ports.missed({ reason, count: 1, from: receivedAt, to: receivedAt });
    this.#book.whenWritten(job.done);
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof LibraryFailure && error.code === "closed";
}
