import type { ClusterNode, SlotRange } from "./cluster-nodes.js";
import { SLOTS } from "./slot.js";

/** A primary: where it listens and what it owns. */
export interface Primary {
  /** A cluster's 40 hex digits, else `host:port`. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly slots: readonly SlotRange[];
}

/** A slot whose keys are on their way from one primary to another. */
export interface Migration {
  readonly slot: number;
  readonly from: string;
  readonly to: string;
}

/** Who owns what, as far as the last look told. */
export class Topology {
  readonly primaries: ReadonlyMap<string, Primary>;
  readonly migrations: readonly Migration[];
  /** Equal for topologies in which nothing differs. */
  readonly signature: string;
  readonly #owners: readonly (string | undefined)[];

  constructor(
    primaries: Iterable<Primary>,
    owners: readonly (string | undefined)[],
    migrations: readonly Migration[] = [],
  ) {
    this.primaries = new Map([...primaries].map((primary) => [primary.id, primary]));
    this.#owners = owners;
    this.migrations = migrations;
    this.signature = JSON.stringify([[...this.primaries.values()].sort(byId), migrations]);
  }

  /** One primary that owns everything: a standalone server, or what a Sentinel points to. */
  static single(host: string, port: number): Topology {
    const id = `${host}:${port}`;
    const slots: readonly SlotRange[] = [[0, SLOTS - 1]];
    return new Topology([{ id, host, port, slots }], Array<string>(SLOTS).fill(id));
  }

  /** The same, but for some primaries. */
  without(ids: ReadonlySet<string>): Topology {
    const kept = [...this.primaries.values()].filter(({ id }) => !ids.has(id));
    return new Topology(kept, this.#owners, this.migrations);
  }

  /** The primary that owns a slot; undefined where nobody does. */
  ownerOf(slot: number): string | undefined {
    return this.#owners[slot];
  }

  /** Slots nobody owns: their keys can be neither written nor told of. */
  get unowned(): number {
    let count = 0;
    for (let slot = 0; slot < SLOTS; slot++) if (this.#owners[slot] === undefined) count++;
    return count;
  }
}

function byId(a: Primary, b: Primary): number {
  return a.id < b.id ? -1 : 1;
}

/** Slots that one owner gave to another. */
export interface MovedSlots {
  readonly before: string | undefined;
  readonly owner: string;
  readonly slots: readonly SlotRange[];
}

/** The slots whose owner changed, by both owners. Slots that nobody owns now are left out. */
export function movedSlots(previous: Topology, next: Topology): MovedSlots[] {
  const moved = new Map<string, MovedSlots & { slots: SlotRange[] }>();
  for (let slot = 0; slot < SLOTS; slot++) {
    const before = previous.ownerOf(slot);
    const owner = next.ownerOf(slot);
    if (owner === undefined || owner === before) continue;
    const move = moved.get(`${before} ${owner}`) ?? { before, owner, slots: [] };
    moved.set(`${before} ${owner}`, move);
    append(move.slots, slot);
  }
  return [...moved.values()];
}

/** Adds the next higher slot to ranges in rising order. */
function append(ranges: SlotRange[], slot: number): void {
  const last = ranges.at(-1);
  if (last !== undefined && last[1] === slot - 1) ranges[ranges.length - 1] = [last[0], slot];
  else ranges.push([slot, slot]);
}

/** What one node answered to CLUSTER NODES, and the host it was asked on. */
export interface View {
  readonly askedHost: string;
  readonly nodes: readonly ClusterNode[];
}

/**
 * Joins what several nodes say of a cluster. A node's word about itself outweighs all others'; of
 * two primaries that claim a slot, the higher configuration epoch owns it, as in Redis itself.
 */
export function mergeViews(views: readonly View[]): Topology {
  const known = new Map<string, ClusterNode>();
  for (const view of views) {
    for (const node of view.nodes) {
      const located = node.host === "" ? { ...node, host: view.askedHost } : node;
      if (outweighs(located, known.get(node.id))) known.set(node.id, located);
    }
  }
  const primaries = [...known.values()].filter((node) => node.role === "primary");
  const owners = claimSlots(primaries);
  const living = primaries.filter((node) => !node.failed || owners.includes(node.id));
  return new Topology(living.map(asPrimary), owners, migrationsOf(living));
}

function outweighs(node: ClusterNode, other: ClusterNode | undefined): boolean {
  if (other === undefined) return true;
  if (node.myself !== other.myself) return node.myself;
  return node.epoch > other.epoch;
}

function claimSlots(primaries: readonly ClusterNode[]): (string | undefined)[] {
  const owners = Array<string | undefined>(SLOTS).fill(undefined);
  for (const node of [...primaries].sort((a, b) => a.epoch - b.epoch)) {
    for (const [first, last] of node.slots) owners.fill(node.id, first, last + 1);
  }
  return owners;
}

function asPrimary({ id, host, port, slots }: ClusterNode): Primary {
  return { id, host, port, slots };
}

/** Migrations that either side tells of: IMPORTING is set on the target before MIGRATING on the source. */
function migrationsOf(primaries: readonly ClusterNode[]): Migration[] {
  const found = new Map<number, Migration>();
  for (const node of primaries) {
    for (const [slot, to] of node.migrating) found.set(slot, { slot, from: node.id, to });
    for (const [slot, from] of node.importing) {
      if (!found.has(slot)) found.set(slot, { slot, from, to: node.id });
    }
  }
  return [...found.values()];
}
