import type { Clock } from "@keywire/shared";
import { LRUCache } from "lru-cache";
import type { KeyState, Reading } from "./key-state.js";

/** A place in the order of all reads and feeds: what was read later has the higher one. */
export type Mark = number;

interface Kept {
  readonly state: KeyState;
  /** When its reading began. */
  readonly begun: Mark;
  /** When the key expires, ms since the Unix epoch. */
  readonly expires: number | undefined;
}

/** A kept value without its strings, bytes, about. */
const ENTRY_OVERHEAD = 512;
/** JavaScript may take two bytes for what was one. */
const BYTES_PER_BYTE = 2;

/** The values read last, bounded by what they weigh. Whoever is told of a change has to drop them. */
export class ValueCache {
  readonly #clock: Clock;
  readonly #kept: LRUCache<string, Kept> | undefined;

  /** @param bytes to keep, by estimate; 0 keeps nothing */
  constructor(bytes: number, clock: Clock) {
    this.#clock = clock;
    this.#kept = bytes > 0 ? new LRUCache({ maxSize: bytes }) : undefined;
  }

  get bytes(): number {
    return this.#kept?.calculatedSize ?? 0;
  }

  /** What was read after `since`, with the time that is left to it now. */
  get(id: string, since: Mark): KeyState | undefined {
    const kept = this.#kept?.get(id);
    if (kept === undefined || kept.begun <= since) return undefined;
    if (kept.expires === undefined) return kept.state;
    const ttl = kept.expires - this.#clock.now();
    return ttl > 0 ? { ...kept.state, ttl } : undefined;
  }

  keep(id: string, { state, bytes }: Reading, begun: Mark): void {
    const expires = state.ttl === undefined ? undefined : this.#clock.now() + state.ttl;
    const size = ENTRY_OVERHEAD + BYTES_PER_BYTE * (id.length + bytes);
    this.#kept?.set(id, { state, begun, expires }, { size });
  }

  drop(id: string): void {
    this.#kept?.delete(id);
  }

  dropWhere(matches: (id: string) => boolean): void {
    for (const id of [...(this.#kept?.keys() ?? [])]) if (matches(id)) this.#kept?.delete(id);
  }
}
