/** How long a sighting counts, ms. */
const VALIDITY = 3_000;
/** Sightings kept; past it the oldest go. */
const MAX_SIGHTINGS = 10_000;

interface Sighting {
  readonly node: string;
  readonly until: number;
}

/** Keys that were lately seen coming to a node, or going from one: each counts once. */
export class Sightings {
  readonly #seen = new Map<string, Sighting>();

  note(id: string, node: string, now: number): void {
    this.#prune(now);
    this.#seen.delete(id);
    this.#seen.set(id, { node, until: now + VALIDITY });
  }

  /** Whether the key was seen on another node than this one; it is forgotten then. */
  takeElsewhere(id: string, node: string, now: number): boolean {
    const sighting = this.#seen.get(id);
    if (sighting === undefined || sighting.until <= now || sighting.node === node) return false;
    this.#seen.delete(id);
    return true;
  }

  #prune(now: number): void {
    for (const [id, { until }] of this.#seen) {
      if (until > now && this.#seen.size < MAX_SIGHTINGS) return;
      this.#seen.delete(id);
    }
  }
}
