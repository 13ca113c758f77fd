/** How long a sighting counts, ms. */
const VALIDITY = 3_000;
/** Sightings kept; past it the oldest go. */
const MAX_SIGHTINGS = 10_000;

interface Sighting {
  readonly node: string;
  readonly until: number;
  /** The feeds that have taken it. */
  readonly takenBy: Set<object>;
}

/**
 * Keys that were lately seen coming to a node, or going from one. Each counts once on each feed, since
 * several may bring the same event.
 */
export class Sightings {
  readonly #seen = new Map<string, Sighting>();

  note(id: string, node: string, now: number): void {
    this.#prune(now);
    const known = this.#seen.get(id);
    const takenBy = known?.node === node && known.until > now ? known.takenBy : new Set<object>();
    this.#seen.delete(id);
    this.#seen.set(id, { node, until: now + VALIDITY, takenBy });
  }

  /** Whether the key was seen on another node than this one, and the feed has not taken that yet. */
  takeElsewhere(id: string, node: string, feed: object, now: number): boolean {
    const sighting = this.#seen.get(id);
    if (sighting === undefined || sighting.until <= now || sighting.node === node) return false;
    if (sighting.takenBy.has(feed)) return false;
    sighting.takenBy.add(feed);
    return true;
  }

  #prune(now: number): void {
    for (const [id, { until }] of this.#seen) {
      if (until > now && this.#seen.size < MAX_SIGHTINGS) return;
      this.#seen.delete(id);
    }
  }
}
