import {
  type Clock,
  exactGlob,
  Glob,
  type Interest,
  prefixGlob,
  type SnapshotEntry,
  WireError,
} from "@keywire/shared";
import { type Flight, Flights } from "../flights.js";
import { asBuffer, latin1 } from "../key-id.js";
import type { KeyState } from "../key-state.js";
import type { ValueSettings } from "../limits.js";
import type { EndOfTurn, Store } from "../ports.js";
import { spellingFor } from "../reading/spelling.js";
import { asUnavailable } from "../unavailable.js";
import type { Mark } from "../value-cache.js";
import { KeyScan } from "./key-scan.js";
import type { Snapshot } from "./snapshot.js";

/** The gateways' own keys, which are never shown. */
const OWN_KEYS = Buffer.from("{keywire}:");
/** Keys read at a time: when the bytes are full, no more than so many were read in vain. */
const CHUNK = 256;
/** Snapshots that may be under way or wait; more are refused. */
const MAX_SNAPSHOTS = 1_000;
/** Snapshots that scan at a time; the others wait. */
const SCANS_AT_ONCE = 4;

export interface SnapshotPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly endOfTurn: EndOfTurn;
  readonly read: (db: number, key: Uint8Array, liveSince: Mark | undefined) => Promise<KeyState>;
}

interface Job {
  readonly db: number;
  readonly glob: Glob;
  readonly limit: number;
  readonly liveSince: Mark | undefined;
}

/** Takes snapshots, one at a time of the same keys however many ask, and a few at a time of others. */
export class Snapshots {
  readonly #ports: SnapshotPorts;
  readonly #settings: ValueSettings;
  readonly #flights: Flights<Job, Snapshot>;
  readonly #queue: Flight<Job, Snapshot>[] = [];
  #underWay = 0;
  #taken = 0;

  constructor(ports: SnapshotPorts, settings: ValueSettings) {
    this.#ports = ports;
    this.#settings = settings;
    this.#flights = new Flights(ports.endOfTurn, MAX_SNAPSHOTS, (flights) => {
      this.#queue.push(...flights);
      this.#admit();
    });
  }

  /** How many were taken. */
  get taken(): number {
    return this.#taken;
  }

  async take(interest: Interest, limit: number, liveSince: Mark | undefined): Promise<Snapshot> {
    const job = { ...jobFor(interest), limit, liveSince };
    if (limit < 1) return { entries: [], truncated: false };
    if (job.glob.isLiteral) return this.#takeKey(job);
    const { source } = job.glob;
    return this.#flights.join(`${job.db} ${limit} ${liveSince} ${latin1(source)}`, job);
  }

  async #takeKey({ db, glob, liveSince }: Job): Promise<Snapshot> {
    const key = asBuffer(glob.prefix);
    if (isOwn(key)) return { entries: [], truncated: false };
    const state = await this.#ports.read(db, key, liveSince);
    this.#taken++;
    const entries = state.value === null ? [] : [entryFor(key, state)];
    return { entries, truncated: false };
  }

  #admit(): void {
    while (this.#underWay < SCANS_AT_ONCE) {
      const flight = this.#queue.shift();
      if (flight === undefined) return;
      this.#underWay++;
      this.#takeKeys(flight.job)
        .then(flight.land, (error: unknown) => flight.crash(asUnavailable(error)))
        .finally(() => {
          this.#underWay--;
          this.#admit();
        });
    }
  }

  async #takeKeys(job: Job): Promise<Snapshot> {
    const { store, clock } = this.#ports;
    const { scanIterations: iterations, scanTime: time } = this.#settings;
    const request = { ...job, glob: job.glob.source, accepts: (key: Buffer) => !isOwn(key) };
    const scan = new KeyScan(store, clock, request, { iterations, time });
    const { keys, complete } = await scan.run();
    const { entries, room } = await this.#readAll(job, keys.slice(0, job.limit));
    this.#taken++;
    return { entries, truncated: !complete || keys.length > job.limit || room === "full" };
  }

  async #readAll(
    { db, liveSince }: Job,
    keys: readonly Buffer[],
  ): Promise<{ readonly entries: SnapshotEntry[]; readonly room: "left" | "full" }> {
    const entries: SnapshotEntry[] = [];
    let left = this.#settings.snapshotBytes;
    for (let from = 0; from < keys.length; from += CHUNK) {
      const chunk = keys.slice(from, from + CHUNK);
      const states = await Promise.all(chunk.map((key) => this.#ports.read(db, key, liveSince)));
      for (const [index, state] of states.entries()) {
        if (state.value === null) continue;
        const entry = entryFor(chunk[index] as Buffer, state);
        left -= Buffer.byteLength(JSON.stringify(entry));
        if (left < 0) return { entries, room: "full" };
        entries.push(entry);
      }
    }
    return { entries, room: "left" };
  }
}

function jobFor({ kind, db, bytes }: Interest): { readonly db: number; readonly glob: Glob } {
  if (kind === "event") {
    const message = "an event: channel has no snapshot: events are not kept; leave out `snapshot`";
    throw new WireError("unsupported", message);
  }
  if (db === "*") {
    // One key with `value` has a snapshot that nobody asked for: to leave it out changes nothing.
    const message =
      'a snapshot is of one database: its entries do not name theirs; subscribe with @N, or with "snapshot":0';
    throw new WireError("unsupported", message);
  }
  switch (kind) {
    case "key":
      return { db, glob: exactGlob(bytes) };
    case "prefix":
      return { db, glob: prefixGlob(bytes) };
    case "pattern":
      return { db, glob: Glob.parse(bytes) };
  }
}

function isOwn(key: Buffer): boolean {
  return key.subarray(0, OWN_KEYS.length).equals(OWN_KEYS);
}

function entryFor(key: Buffer, state: KeyState): SnapshotEntry {
  const { field, spell } = spellingFor([key]);
  const text = spell(key);
  return field === "data" ? { key: text, ...state } : { key: null, key_raw: text, ...state };
}
