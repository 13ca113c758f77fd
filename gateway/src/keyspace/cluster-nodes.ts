/** One line of CLUSTER NODES, as the node that answered sees it. */
export interface ClusterNode {
  readonly id: string;
  /** "" where a node does not know its own address yet: then it is where we asked. */
  readonly host: string;
  readonly port: number;
  readonly role: "primary" | "replica";
  /** The line is about the node that answered: it alone knows its own migrations. */
  readonly myself: boolean;
  /** A majority holds it for dead. */
  readonly failed: boolean;
  /** Of two primaries that claim a slot, the one with the higher epoch owns it. */
  readonly epoch: number;
  readonly slots: readonly SlotRange[];
  /** Slots on their way out, and the node they go to. */
  readonly migrating: ReadonlyMap<number, string>;
  /** Slots on their way in, and the node they come from. */
  readonly importing: ReadonlyMap<number, string>;
}

/** First and last slot, both included. */
export type SlotRange = readonly [number, number];

const MOVING = /^\[(\d+)-([<>])-([0-9a-f]+)\]$/;
const OWNED = /^(\d+)(?:-(\d+))?$/;

/**
 * Reads the answer of CLUSTER NODES: a line per node,
 * `id ip:port@bus[,hostname] flags primary ping-sent pong-received config-epoch link-state slot...`.
 * Nodes without an address and those in handshake are left out.
 */
export function parseClusterNodes(text: string): ClusterNode[] {
  const nodes: ClusterNode[] = [];
  for (const line of text.split("\n")) {
    const node = parseLine(line.trim());
    if (node !== undefined) nodes.push(node);
  }
  return nodes;
}

function parseLine(line: string): ClusterNode | undefined {
  const [id, address, flagList, , , , epoch, , ...slots] = line.split(" ");
  if (id === undefined || address === undefined || flagList === undefined) return undefined;
  const flags = new Set(flagList.split(","));
  if (flags.has("handshake") || flags.has("noaddr")) return undefined;
  const endpoint = address.split(",")[0]?.split("@")[0] ?? "";
  const colon = endpoint.lastIndexOf(":");
  return {
    id,
    host: endpoint.slice(0, colon),
    port: Number(endpoint.slice(colon + 1)),
    role: flags.has("master") ? "primary" : "replica",
    myself: flags.has("myself"),
    failed: flags.has("fail"),
    epoch: Number(epoch),
    ...parseSlots(slots),
  };
}

function parseSlots(
  words: readonly string[],
): Pick<ClusterNode, "slots" | "migrating" | "importing"> {
  const slots: SlotRange[] = [];
  const migrating = new Map<number, string>();
  const importing = new Map<number, string>();
  for (const word of words) {
    const owned = OWNED.exec(word);
    if (owned !== null) slots.push([Number(owned[1]), Number(owned[2] ?? owned[1])]);
    const [, slot, direction, peer] = MOVING.exec(word) ?? [];
    if (peer !== undefined) (direction === ">" ? migrating : importing).set(Number(slot), peer);
  }
  return { slots, migrating, importing };
}
