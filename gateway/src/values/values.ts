import type { Clock, Interest } from "@keywire/shared";
import { type Flight, Flights } from "./flights.js";
import { keyId } from "./key-id.js";
import type { KeyState, Reading } from "./key-state.js";
import { DEFAULT_VALUE_SETTINGS, type ValueSettings } from "./limits.js";
import type { Ask, EndOfTurn, Reply, Store } from "./ports.js";
import { type Guess, guessFromEvent } from "./reading/guess.js";
import { KeyReading } from "./reading/key-reading.js";
import { KnownTypes } from "./reading/known-types.js";
import type { Snapshot } from "./snapshot/snapshot.js";
import { Snapshots } from "./snapshot/snapshots.js";
import { asUnavailable } from "./unavailable.js";
import { type Mark, ValueCache } from "./value-cache.js";

export interface ValuesPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly endOfTurn: EndOfTurn;
}

export interface ReadOptions {
  /** The event that made the caller ask: it gives the key's type away, as a rule. */
  readonly event?: string;
  /**
   * The caller vouches that every event of the key since this mark was handed to `stale`: then a
   * value that was read since may be answered from memory. Without it Redis is always asked.
   */
  readonly liveSince?: Mark;
}

/** What has been done so far, for metrics; `reading` and `cacheBytes` are as of now. */
export interface ValuesStatus {
  /** Reads asked for, and those of them that were answered from memory. */
  readonly asked: number;
  readonly remembered: number;
  /** Reads made, and the trips to Redis that they took. */
  readonly read: number;
  readonly trips: number;
  /** Values over a limit, of which only the size was told. */
  readonly truncated: number;
  readonly failed: number;
  readonly snapshots: number;
  /** Keys that are being read or wait to be. */
  readonly reading: number;
  readonly cacheBytes: number;
}

interface Job {
  readonly db: number;
  readonly key: Uint8Array;
  readonly event: string | undefined;
  /** Whether an event was seen after the reading began: then it is not kept. */
  freshness: "fresh" | "outrun";
}

interface Trip {
  readonly flight: Flight<Job, KeyState>;
  readonly reading: KeyReading;
  readonly begun: Mark;
}

/** Reads keys: what each holds now, once for all who ask. */
export class Values {
  readonly #store: Store;
  readonly #endOfTurn: EndOfTurn;
  readonly #settings: ValueSettings;
  readonly #cache: ValueCache;
  readonly #types = new KnownTypes();
  readonly #flights: Flights<Job, KeyState>;
  readonly #snapshots: Snapshots;
  /** Readings whose next trip leaves at the end of the turn. */
  #boarding: Trip[] = [];
  #mark: Mark = 0;
  #counts = { asked: 0, remembered: 0, read: 0, trips: 0, truncated: 0, failed: 0 };

  /** @throws RangeError where a limit is below 1 */
  constructor(ports: ValuesPorts, settings: Partial<ValueSettings> = {}) {
    this.#store = ports.store;
    this.#endOfTurn = ports.endOfTurn;
    this.#settings = { ...DEFAULT_VALUE_SETTINGS, ...settings };
    // GETRANGE and LRANGE take an end of -1, which a limit of 0 would give, for "everything".
    if (this.#settings.bytes < 1 || this.#settings.elements < 1) {
      throw new RangeError("a value must be allowed at least 1 byte and 1 element");
    }
    this.#cache = new ValueCache(this.#settings.cacheBytes, ports.clock);
    const launch = (flights: readonly Flight<Job, KeyState>[]) => this.#launch(flights);
    this.#flights = new Flights(ports.endOfTurn, this.#settings.queue, launch);
    const read = (db: number, key: Uint8Array, since: Mark | undefined) =>
      this.read(db, key, since === undefined ? {} : { liveSince: since });
    this.#snapshots = new Snapshots({ ...ports, read }, this.#settings);
  }

  /**
   * What the key holds, all of it as of one moment after this call, or, with `liveSince`, as of the
   * last event. All who ask for a key in one turn share a read; at most one is under way for a key.
   *
   * @throws WireError `unavailable` where Redis cannot be asked, refuses, or too many reads wait
   */
  read(db: number, key: Uint8Array, { event, liveSince }: ReadOptions = {}): Promise<KeyState> {
    this.#counts.asked++;
    const id = keyId(db, key);
    const kept = liveSince === undefined ? undefined : this.#cache.get(id, liveSince);
    if (kept !== undefined) {
      this.#counts.remembered++;
      return Promise.resolve(kept);
    }
    return this.#flights.join(id, { db, key, event, freshness: "fresh" });
  }

  /**
   * The keys that an interest is about and that exist, with their values; at most `limit` of them,
   * within the budgets. Changes meanwhile may or may not be seen in it: events tell of them.
   *
   * @throws WireError `unsupported` for events and for all databases at once, else as `read`
   */
  snapshot(
    interest: Interest,
    limit: number,
    options: Pick<ReadOptions, "liveSince"> = {},
  ): Promise<Snapshot> {
    return this.#snapshots.take(interest, limit, options.liveSince);
  }

  /** A mark for `liveSince`: take it when a feed is acknowledged, and again when a gap of it ends. */
  mark(): Mark {
    return ++this.#mark;
  }

  /** An event of the key was seen: what was read, or began to be read, before it is not answered again. */
  stale(db: number, key: Uint8Array): void {
    // Most gateways' clients want no values, and all of their events come here.
    if (this.#cache.bytes === 0 && this.#flights.size === 0) return;
    const id = keyId(db, key);
    this.#cache.drop(id);
    const job = this.#flights.flying(id);
    if (job !== undefined) job.freshness = "outrun";
  }

  /** Forgets the values of these keys, or all: of a node or of slots at a gap, of a database at a flush. */
  forget(matches: (db: number, key: Uint8Array) => boolean = () => true): void {
    this.#cache.dropWhere((id) => {
      const colon = id.indexOf(":");
      return matches(Number(id.slice(0, colon)), Buffer.from(id.slice(colon + 1), "latin1"));
    });
    for (const job of this.#flights.allFlying()) {
      if (matches(job.db, job.key)) job.freshness = "outrun";
    }
  }

  status(): ValuesStatus {
    return {
      ...this.#counts,
      snapshots: this.#snapshots.taken,
      reading: this.#flights.size,
      cacheBytes: this.#cache.bytes,
    };
  }

  // One read

  #launch(flights: readonly Flight<Job, KeyState>[]): void {
    const begun = ++this.#mark;
    const trips = flights.map((flight) => {
      const { key } = flight.job;
      const guess = this.#guess(flight);
      return { flight, begun, reading: new KeyReading(key, guess, this.#settings) };
    });
    this.#depart(trips);
  }

  #guess({ id, job }: Flight<Job, KeyState>): Guess {
    const told = job.event === undefined ? undefined : guessFromEvent(job.event);
    if (told !== undefined) return told;
    const type = this.#types.get(id);
    return type === undefined ? undefined : { type };
  }

  #depart(trips: readonly Trip[]): void {
    this.#counts.trips += trips.length;
    this.#store.send(trips.map((trip) => this.#askFor(trip)));
  }

  #askFor(trip: Trip): Ask {
    const { flight, reading } = trip;
    const { db, key } = flight.job;
    return {
      db,
      to: { key },
      commands: reading.commands(),
      weight: reading.weight,
      answered: (replies) => this.#answered(trip, replies),
      failed: (error) => this.#failed(trip, error),
    };
  }

  #answered(trip: Trip, replies: readonly Reply[]): void {
    try {
      const reading = trip.reading.accept(replies);
      if (reading === undefined) this.#goOn(trip);
      else this.#finish(trip, reading);
    } catch (error) {
      this.#failed(trip, error);
    }
  }

  #goOn(trip: Trip): void {
    this.#boarding.push(trip);
    if (this.#boarding.length > 1) return;
    this.#endOfTurn(() => {
      const trips = this.#boarding;
      this.#boarding = [];
      this.#depart(trips);
    });
  }

  #finish({ flight, begun }: Trip, reading: Reading): void {
    const { id, job } = flight;
    this.#counts.read++;
    const { value } = reading.state;
    if (value !== null && "truncated" in value) this.#counts.truncated++;
    this.#types.note(id, reading.type);
    if (job.freshness === "fresh") this.#cache.keep(id, reading, begun);
    flight.land(reading.state);
  }

  #failed({ flight }: Trip, error: unknown): void {
    this.#counts.failed++;
    flight.crash(asUnavailable(error));
  }
}
