import { type ClusterNode, parseClusterNodes } from "../../keyspace/cluster-nodes.js";
import { type Endpoint, show } from "../../keyspace/target.js";
import { type Finding, fail, ok, warn } from "./report.js";

const SLOTS = 16_384;

/** Who belongs to a deployment. */
export interface Survey {
  readonly findings: readonly Finding[];
  readonly nodes: readonly Endpoint[];
}

/** What the nodes of a cluster say of it, to one that asked one of them. */
export function describeCluster(text: string, asked: Endpoint): Survey {
  const nodes = parseClusterNodes(text);
  const primaries = nodes.filter(({ role }) => role === "primary");
  const owned = primaries.reduce((sum, node) => sum + slotsOf(node), 0);
  const dead = nodes.filter(({ failed }) => failed);
  const size = `${count(primaries.length, "primary", "primaries")}, ${count(nodes.length - primaries.length, "replica", "replicas")}`;
  const findings = [
    owned === SLOTS
      ? ok("deployment", `${size}, all slots owned`)
      : fail(
          "deployment",
          `${size}, but ${SLOTS - owned} slots have no owner`,
          "redis-cli --cluster fix",
        ),
    ...dead.map(describeDead),
  ];
  const living = nodes.filter(({ failed }) => !failed);
  // A node that does not know its own address yet is where it was asked.
  return { findings, nodes: living.map(({ host, port }) => ({ host: host || asked.host, port })) };
}

/** One that nobody took the place of is no longer looked at, so what it owned has to be told here. */
function describeDead(node: ClusterNode): Finding {
  const what = `${show(node)} is held for dead by the others`;
  const slots = node.role === "primary" ? slotsOf(node) : 0;
  if (slots === 0) return warn("deployment", what);
  const remedy = "start it, or have a replica take its place (CLUSTER FAILOVER TAKEOVER)";
  return fail("deployment", `${what}, and nobody has its ${count(slots, "slot", "slots")}`, remedy);
}

function slotsOf({ slots }: ClusterNode): number {
  return slots.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
