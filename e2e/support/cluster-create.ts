import { clusterNodes } from "./cluster-health.js";
import { type RedisNode, startNode } from "./redis-node.js";
import { SLOTS } from "./slot.js";
import { waitFor } from "./wait.js";

export interface Shape {
  readonly primaries: number;
  readonly replicas: number;
  /** ms */
  readonly nodeTimeout: number;
  readonly args: readonly string[];
}

/** Started and joined, the primaries first; the first replica follows the first primary, and so on. */
export async function createCluster(shape: Shape): Promise<RedisNode[]> {
  const count = shape.primaries + shape.replicas;
  const nodes = await Promise.all(Array.from({ length: count }, () => startMember(shape)));
  const primaries = nodes.slice(0, shape.primaries);
  await meet(nodes);
  await Promise.all(primaries.map((node, index) => assignSlots(node, index, primaries.length)));
  await Promise.all(
    nodes.slice(shape.primaries).map((replica, index) => {
      const primary = primaries[index % primaries.length];
      if (!primary) throw new Error("a cluster needs at least one primary");
      return replica.client.call("CLUSTER", "REPLICATE", primary.id);
    }),
  );
  return nodes;
}

function startMember({ nodeTimeout, args }: Shape): Promise<RedisNode> {
  return startNode({
    name: "cluster",
    cluster: true,
    args: [
      ...["--cluster-node-timeout", String(nodeTimeout)],
      // One primary's death must not silence the others, nor replicas wander between tests' steps.
      ...["--cluster-require-full-coverage", "no", "--cluster-allow-replica-migration", "no"],
      ...["--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"],
      ...args,
    ],
  });
}

async function meet(nodes: readonly RedisNode[]): Promise<void> {
  const [first, ...others] = nodes;
  // Distinct from the start, or the nodes spend seconds settling who has which epoch.
  await Promise.all(
    nodes.map((node, index) => node.client.call("CLUSTER", "SET-CONFIG-EPOCH", index + 1)),
  );
  for (const node of others) {
    await first?.client.call("CLUSTER", "MEET", node.host, node.port, String(node.busPort));
  }
  await waitFor(async () => (await Promise.all(nodes.map(acquaintances))).every(equals(nodes)), {
    what: `${nodes.length} cluster nodes to know each other`,
    deadline: 30_000,
  });
}

async function acquaintances(node: RedisNode): Promise<number> {
  const lines = await clusterNodes(node);
  return lines.filter(({ flags }) => !flags.has("handshake")).length;
}

const equals = (nodes: readonly unknown[]) => (count: number) => count === nodes.length;

async function assignSlots(node: RedisNode, index: number, shares: number): Promise<void> {
  const first = Math.floor((SLOTS * index) / shares);
  const last = Math.floor((SLOTS * (index + 1)) / shares) - 1;
  await node.client.call("CLUSTER", "ADDSLOTSRANGE", first, last);
}
