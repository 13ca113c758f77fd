import { type NodeLine, parseClusterNodes, slotCount } from "./cluster-nodes.js";
import type { RedisNode } from "./redis-node.js";
import { SLOTS } from "./slot.js";

const UNSETTLED = ["handshake", "fail", "fail?", "noaddr"] as const;

export async function clusterNodes(node: RedisNode): Promise<NodeLine[]> {
  return parseClusterNodes(String(await node.client.call("CLUSTER", "NODES")));
}

/**
 * What still keeps the running nodes from being one settled cluster: empty when they agree on
 * every slot's owner, all owners run, and every running replica follows a running primary. They are to
 * agree on the owners' epochs as well: who takes a slot while it knows old ones may take an epoch that
 * another one has, and then nodes disagree for ever (seen after 48 moves to and fro).
 */
export async function unsettled(nodes: readonly RedisNode[]): Promise<string[]> {
  const running = nodes.filter((node) => node.state === "running");
  const views = await Promise.all(
    running.map(async (node) => ({ node, lines: await clusterNodes(node) })),
  );
  const faults = views.flatMap(({ node, lines }) => faultsSeenBy(node, lines, running));
  const ids = new Set(running.map(({ id }) => id));
  if (new Set(views.map(({ lines }) => roles(lines, ids))).size > 1) {
    faults.push("the nodes disagree on who owns which slots, who follows whom, or their epochs");
  }
  if (views.some(({ lines }) => hasTwins(lines, ids))) faults.push("two primaries share an epoch");
  faults.push(...(await Promise.all(running.map(replicationFaults))).flat());
  return faults;
}

function faultsSeenBy(
  viewer: RedisNode,
  lines: readonly NodeLine[],
  running: readonly RedisNode[],
) {
  const faults: string[] = [];
  for (const node of running) {
    const line = lines.find(({ id }) => id === node.id);
    if (!line) faults.push(`${viewer.port} does not know ${node.port}`);
    else faults.push(...lineFaults(viewer, line));
  }
  const owners = lines.filter((line) => line.ranges.length > 0);
  const owned = owners.reduce((sum, line) => sum + slotCount(line), 0);
  if (owned !== SLOTS) faults.push(`${viewer.port} knows owners of ${owned} slots`);
  for (const owner of owners) {
    if (!running.some(({ id }) => id === owner.id)) {
      faults.push(`${viewer.port} sees ${owner.port}, which is not running, own slots`);
    }
  }
  return faults;
}

function lineFaults(viewer: RedisNode, line: NodeLine): string[] {
  const faults = UNSETTLED.filter((flag) => line.flags.has(flag)).map(
    (flag) => `${viewer.port} sees ${line.port} as ${flag}`,
  );
  if (!line.linked && line.id !== viewer.id) {
    faults.push(`${viewer.port} has no link to ${line.port}`);
  }
  return faults;
}

function roles(lines: readonly NodeLine[], ids: ReadonlySet<string>): string {
  const known = lines.filter(({ id }) => ids.has(id));
  return JSON.stringify(
    known.map(({ id, primary, ranges, epoch }) => [id, primary, ranges, epoch]).sort(),
  );
}

function hasTwins(lines: readonly NodeLine[], ids: ReadonlySet<string>): boolean {
  const owners = lines.filter(({ id, ranges }) => ids.has(id) && ranges.length > 0);
  return new Set(owners.map(({ epoch }) => epoch)).size < owners.length;
}

async function replicationFaults(node: RedisNode): Promise<string[]> {
  const [info, state] = await Promise.all([
    node.client.info("replication"),
    node.client.call("CLUSTER", "INFO"),
  ]);
  const faults: string[] = [];
  if (!String(state).includes("cluster_state:ok")) faults.push(`${node.port}: the cluster is down`);
  if (info.includes("role:slave") && !info.includes("master_link_status:up")) {
    faults.push(`${node.port} does not follow its primary`);
  }
  return faults;
}
