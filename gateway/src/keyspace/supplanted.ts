import type { Topology } from "./topology.js";

/** How long a supplanted node must go on calling itself primary before it is believed, ms. */
const DISBELIEF = 3_000;

/**
 * Primaries that lost all their slots to a newly promoted node and do not know it yet. In a moment
 * such a node turns into a replica that tells once more all that its primary tells, so it is not
 * listened to; only one that stays a primary was emptied on purpose.
 */
export class Supplanted {
  readonly #since = new Map<string, number>();

  /** The topology without those nodes. */
  filter(found: Topology, previous: Topology, now: number): Topology {
    for (const [id, { slots }] of found.primaries) {
      if (slots.length === 0 && isSupplanted(id, found, previous)) this.#since.set(id, now);
    }
    for (const [id, since] of this.#since) {
      const primary = found.primaries.get(id);
      const isOver = primary === undefined || primary.slots.length > 0 || now - since > DISBELIEF;
      if (isOver) this.#since.delete(id);
    }
    return this.#since.size === 0 ? found : found.without(new Set(this.#since.keys()));
  }
}

function isSupplanted(id: string, found: Topology, previous: Topology): boolean {
  const had = previous.primaries.get(id)?.slots ?? [];
  if (had.length === 0) return false;
  const heirs = new Set<string | undefined>();
  for (const [first, last] of had) {
    for (let slot = first; slot <= last; slot++) heirs.add(found.ownerOf(slot));
  }
  return [...heirs].every((heir) => heir !== undefined && !previous.primaries.has(heir));
}
