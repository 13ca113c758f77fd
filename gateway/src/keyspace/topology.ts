import { SLOTS } from "@keywire/shared";
import type { ClusterNode, SlotRange } from "./cluster-nodes.js";

/** A primary: where it listens and what it owns. */
export interface Primary {
  /** A cluster's 40 hex digits, else `host:port`. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly slots: readonly SlotRange[];
  /** Rises, among other things, with each slot that is given to it; 0 outside a cluster. */
  readonly epoch: number;
}

/** A slot whose keys are on their way from one primary to another. */
export interface Migration {
  readonly slot: number;
  readonly from: string;
  readonly to: string;
  /**
   * The source sends those who ask for absent keys to the target, or may do so: it said nothing to
   * the contrary. Until then nothing is written there.
   */
  readonly isAsking: boolean;
}

/** Who owns what, as far as the last look told. */
export class Topology {
  readonly primaries: ReadonlyMap<string, Primary>;
  readonly migrations: readonly Migration[];
  /** The nodes that said themselves what they are. */
  readonly heard: ReadonlySet<string>;
  /** For how many ms its primary has been one at the most, where somebody says so. */
  readonly appointedFor: number | undefined;
  /** Equal for topologies in which nothing differs, but for who was heard. */
  readonly signature: string;
  readonly #owners: readonly (string | undefined)[];

  constructor(
    primaries: Iterable<Primary>,
    owners: readonly (string | undefined)[],
    migrations: readonly Migration[] = [],
    heard: ReadonlySet<string> = new Set(),
    appointedFor?: number,
  ) {
    this.primaries = new Map([...primaries].map((primary) => [primary.id, primary]));
    this.#owners = owners;
    this.migrations = migrations;
    this.heard = heard;
    this.appointedFor = appointedFor;
    this.signature = JSON.stringify([[...this.primaries.values()].sort(byId), migrations]);
  }

  /** One primary that owns everything: a standalone server, or what a Sentinel points to. */
  static single(host: string, port: number, appointedFor?: number): Topology {
    const id = `${host}:${port}`;
    const slots: readonly SlotRange[] = [[0, SLOTS - 1]];
    const owners = Array<string>(SLOTS).fill(id);
    // It was asked itself.
    return new Topology(
      [{ id, host, port, slots, epoch: 0 }],
      owners,
      [],
      new Set([id]),
      appointedFor,
    );
  }

  /** The same, but for some primaries. */
  without(ids: ReadonlySet<string>): Topology {
    const kept = [...this.primaries.values()].filter(({ id }) => !ids.has(id));
    return new Topology(kept, this.#owners, this.migrations, this.heard, this.appointedFor);
  }

  /** The primary that owns a slot; undefined where nobody does. */
  ownerOf(slot: number): string | undefined {
    return this.#owners[slot];
  }

  /** The primaries that can raise events of a slot's keys: its owner, and who takes it over by ASK. */
  speakersOf(slot: number): (string | undefined)[] {
    const targets = this.migrations.filter((move) => move.slot === slot && this.#isSpeaking(move));
    return [...new Set([this.ownerOf(slot), ...targets.map(({ to }) => to)])];
  }

  /** The slots of whose keys a primary can raise events. */
  slotsOf(id: string): SlotRange[] {
    const incoming = this.migrations.filter((move) => move.to === id && this.#isSpeaking(move));
    const owned = this.primaries.get(id)?.slots ?? [];
    return [...owned, ...incoming.map(({ slot }): SlotRange => [slot, slot])];
  }

  #isSpeaking({ isAsking, to }: Migration): boolean {
    return isAsking && this.primaries.has(to);
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

/** Slots whose events a node can raise, and could not raise before. */
export interface NewVoice {
  /** Who owned them before. */
  readonly before: string | undefined;
  readonly node: string;
  /** A target is asked for keys that their owner has not; an owner for all of them. */
  readonly role: "owner" | "target";
  readonly slots: readonly SlotRange[];
}

/** The nodes that own slots which they did not own before, or take them over by ASK. */
export function newVoices(previous: Topology, next: Topology): NewVoice[] {
  const found = new Map<string, NewVoice & { slots: SlotRange[] }>();
  const add = (slot: number, node: string, role: NewVoice["role"]) => {
    const before = previous.ownerOf(slot);
    const voice = found.get(`${before} ${node} ${role}`) ?? { before, node, role, slots: [] };
    found.set(`${before} ${node} ${role}`, voice);
    append(voice.slots, slot);
  };
  for (let slot = 0; slot < SLOTS; slot++) {
    const owner = next.ownerOf(slot);
    if (owner === undefined || owner === previous.ownerOf(slot)) continue;
    if (!previous.speakersOf(slot).includes(owner)) add(slot, owner, "owner");
  }
  for (const { slot, to } of next.migrations) {
    const isNew = next.speakersOf(slot).includes(to) && !previous.speakersOf(slot).includes(to);
    if (isNew && to !== next.ownerOf(slot)) add(slot, to, "target");
  }
  return [...found.values()];
}

/**
 * The nodes that own what they owned, and were given a slot all the same: its epoch rises then. One
 * that went and came back between two looks leaves no other trace.
 */
export function restless(previous: Topology, next: Topology): string[] {
  const slotsOf = (topology: Topology, id: string) =>
    JSON.stringify(topology.primaries.get(id)?.slots ?? []);
  const isRestless = ({ id, epoch }: Primary) => {
    const before = previous.primaries.get(id);
    return (
      before !== undefined && epoch > before.epoch && slotsOf(previous, id) === slotsOf(next, id)
    );
  };
  return [...next.primaries.values()].filter(isRestless).map(({ id }) => id);
}

/** Adds a slot to ranges; the next higher one lengthens the last. */
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
  const slots = slotsByOwner(owners);
  const living = primaries.filter((node) => !node.failed || slots.has(node.id));
  const heard = new Set([...known.values()].filter(({ myself }) => myself).map(({ id }) => id));
  const found = living.map((node) => asPrimary(node, slots.get(node.id) ?? []));
  return new Topology(found, owners, migrationsOf(living, heard), heard);
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

/** Not what each claims: one that comes back after others replaced it goes by what it last knew. */
function slotsByOwner(owners: readonly (string | undefined)[]): Map<string, SlotRange[]> {
  const found = new Map<string, SlotRange[]>();
  owners.forEach((owner, slot) => {
    if (owner === undefined) return;
    const ranges = found.get(owner) ?? [];
    found.set(owner, ranges);
    append(ranges, slot);
  });
  return found;
}

function asPrimary({ id, host, port, epoch }: ClusterNode, slots: readonly SlotRange[]): Primary {
  return { id, host, port, slots, epoch };
}

/** Migrations that either side tells of: IMPORTING is set on the target before MIGRATING on the source. */
function migrationsOf(primaries: readonly ClusterNode[], heard: ReadonlySet<string>): Migration[] {
  const found = new Map<number, Migration>();
  for (const node of primaries) {
    for (const [slot, to] of node.migrating) {
      found.set(slot, { slot, from: node.id, to, isAsking: true });
    }
    for (const [slot, from] of node.importing) {
      if (found.has(slot)) continue;
      found.set(slot, { slot, from, to: node.id, isAsking: !heard.has(from) });
    }
  }
  return [...found.values()];
}
