import type { Topology } from "./topology.js";

/** How long a node without slots must go on calling itself primary before it is believed, ms. */
const DISBELIEF = 3_000;

/**
 * Primaries that lost all their slots to a newly promoted node and do not know it yet: at once, or
 * when they come back, stopped for long, after everybody has forgotten that they had any. In a moment
 * such a node turns into a replica that tells once more all that its primary tells, so it is not
 * listened to; only one that stays a primary is empty on purpose, or one that keys are moved to.
 */
export class Supplanted {
  readonly #since = new Map<string, number>();

  /** The topology without those nodes. */
  filter(found: Topology, previous: Topology, now: number): Topology {
    for (const [id, { slots }] of found.primaries) {
      if (slots.length > 0 || this.#since.has(id)) continue;
      if (isNew(id, previous) || isSupplanted(id, found, previous)) this.#since.set(id, now);
    }
    for (const [id, since] of this.#since) {
      const primary = found.primaries.get(id);
      const isUsed = primary === undefined || primary.slots.length > 0 || isTarget(id, found);
      const isOver = isUsed || now - since > DISBELIEF;
      if (isOver) this.#since.delete(id);
    }
    return this.#since.size === 0 ? found : found.without(new Set(this.#since.keys()));
  }
}

/** At the first look all are new, and none has come back from anywhere. */
function isNew(id: string, previous: Topology): boolean {
  return previous.primaries.size > 0 && !previous.primaries.has(id);
}

function isTarget(id: string, { migrations }: Topology): boolean {
  return migrations.some(({ to }) => to === id);
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
