import type { Feed, Need } from "./need.js";
import type { Topology } from "./topology.js";

/**
 * Where events can be raised: a key's on the nodes that its slot is on, any other's on every primary.
 */

/** The primaries on which the feed's events can be raised; none where there is no feed. */
export function reachOf(feed: Feed | undefined, topology: Topology): string[] {
  if (feed === undefined) return [];
  return feed.slot === undefined ? [...topology.primaries.keys()] : sidesOf(feed.slot, topology);
}

/** Whether a node can raise events that the need is about. */
export function couldHear({ slot }: Need, id: string, topology: Topology): boolean {
  return slot === undefined || sidesOf(slot, topology).includes(id);
}

/** The nodes from which a feed's slot is on its way to this one. */
export function sourcesOf({ slot }: Feed, id: string, { migrations }: Topology): string[] {
  return migrations.filter((move) => move.slot === slot && move.to === id).map(({ from }) => from);
}

/** The owner of a slot and, while it moves, the node it goes to. */
function sidesOf(slot: number, topology: Topology): string[] {
  const sides = new Set<string>();
  const owner = topology.ownerOf(slot);
  if (owner !== undefined) sides.add(owner);
  for (const migration of topology.migrations) {
    if (migration.slot === slot) sides.add(migration.from).add(migration.to);
  }
  return [...sides].filter((id) => topology.primaries.has(id));
}
