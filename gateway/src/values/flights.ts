import { WireError } from "@keywire/shared";
import type { EndOfTurn } from "./ports.js";

/** Work on one thing that is under way, for all who wait for it. */
export interface Flight<Job, Result> {
  readonly id: string;
  readonly job: Job;
  land(result: Result): void;
  crash(error: Error): void;
}

interface Caller<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

interface Waiting<Job, Result> {
  job: Job;
  readonly callers: Caller<Result>[];
}

interface Runway<Job, Result> {
  /** Has left: whoever comes now is too late for it. */
  flying: { readonly job: Job } | undefined;
  /** Leaves at the end of the turn, or when the one before it has landed. */
  waiting: Waiting<Job, Result> | undefined;
}

/**
 * Work that many ask for is done once: those who ask in one turn of the event loop share a flight,
 * at most one flight per id is under way, and those who come meanwhile share the one that follows.
 * So whatever a caller gets was done after it asked.
 */
export class Flights<Job, Result> {
  readonly #endOfTurn: EndOfTurn;
  readonly #launch: (flights: readonly Flight<Job, Result>[]) => void;
  readonly #limit: number;
  readonly #runways = new Map<string, Runway<Job, Result>>();
  readonly #ready = new Set<string>();
  #departure: "none" | "scheduled" = "none";

  /** @param limit how many ids may be waited for; more are refused */
  constructor(
    endOfTurn: EndOfTurn,
    limit: number,
    launch: (flights: readonly Flight<Job, Result>[]) => void,
  ) {
    this.#endOfTurn = endOfTurn;
    this.#limit = limit;
    this.#launch = launch;
  }

  /** How many ids are under way or waiting. */
  get size(): number {
    return this.#runways.size;
  }

  /**
   * Asks for work that begins after this call. Of those who share a flight the last one's job is done.
   *
   * @throws WireError `unavailable` where too much is waited for already
   */
  join(id: string, job: Job): Promise<Result> {
    const runway = this.#runwayFor(id);
    if (runway === undefined) {
      const message = `more than ${this.#limit} reads are waiting for Redis; try again later`;
      return Promise.reject(new WireError("unavailable", message));
    }
    return new Promise((resolve, reject) => {
      runway.waiting ??= { job, callers: [] };
      runway.waiting.job = job;
      runway.waiting.callers.push({ resolve, reject });
      if (runway.flying === undefined) this.#schedule(id);
    });
  }

  /** The job under way, if there is one. */
  flying(id: string): Job | undefined {
    return this.#runways.get(id)?.flying?.job;
  }

  /** All jobs under way. */
  *allFlying(): Iterable<Job> {
    for (const { flying } of this.#runways.values()) if (flying) yield flying.job;
  }

  #runwayFor(id: string): Runway<Job, Result> | undefined {
    const known = this.#runways.get(id);
    if (known !== undefined || this.#runways.size >= this.#limit) return known;
    const runway: Runway<Job, Result> = { flying: undefined, waiting: undefined };
    this.#runways.set(id, runway);
    return runway;
  }

  #schedule(id: string): void {
    this.#ready.add(id);
    if (this.#departure === "scheduled") return;
    this.#departure = "scheduled";
    this.#endOfTurn(() => this.#depart());
  }

  #depart(): void {
    this.#departure = "none";
    const flights = [...this.#ready].flatMap((id) => this.#takeOff(id));
    this.#ready.clear();
    this.#launch(flights);
  }

  #takeOff(id: string): Flight<Job, Result>[] {
    const runway = this.#runways.get(id);
    if (runway?.waiting === undefined) return [];
    const { job, callers } = runway.waiting;
    runway.waiting = undefined;
    runway.flying = { job };
    const landed = () => this.#landed(id, runway);
    return [
      {
        id,
        job,
        land(result) {
          landed();
          for (const { resolve } of callers) resolve(result);
        },
        crash(error) {
          landed();
          for (const { reject } of callers) reject(error);
        },
      },
    ];
  }

  #landed(id: string, runway: Runway<Job, Result>): void {
    runway.flying = undefined;
    if (runway.waiting === undefined) this.#runways.delete(id);
    else this.#schedule(id);
  }
}
