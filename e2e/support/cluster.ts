import { createCluster, type Shape } from "./cluster-create.js";
import { clusterNodes, unsettled } from "./cluster-health.js";
import { owns } from "./cluster-nodes.js";
import type { RedisNode } from "./redis-node.js";
import { slotOf } from "./slot.js";
import { assignSlot, migrateKeys, setImporting, setMigrating } from "./slot-move.js";
import { waitFor } from "./wait.js";

const DEFAULT_PRIMARIES = 3;
const DEFAULT_REPLICAS = 3;
/** ms */
const DEFAULT_NODE_TIMEOUT = 2_000;
/** ms; a failover takes several node timeouts. */
const STABLE_DEADLINE = 45_000;

/** A real cluster on the loopback. Every primary answers for about the same number of slots. */
export class RedisCluster {
  readonly nodes: readonly RedisNode[];
  private keys = 0;

  constructor(nodes: readonly RedisNode[]) {
    this.nodes = nodes;
  }

  /** `redis+cluster://127.0.0.1:p1,127.0.0.1:p2,…` */
  get url(): string {
    return `redis+cluster://${this.nodes.map((node) => `${node.host}:${node.port}`).join(",")}`;
  }

  /** The primaries come first, as they were at the start; then their replicas, in the same order. */
  node(index: number): RedisNode {
    const node = this.nodes[index];
    if (!node) throw new Error(`no node ${index} among ${this.nodes.length}`);
    return node;
  }

  /** The running nodes that are primaries now. */
  async primaries(): Promise<RedisNode[]> {
    const lines = await this.view();
    const ids = lines.filter(({ flags }) => flags.has("master")).map(({ id }) => id);
    return this.running().filter(({ id }) => ids.includes(id));
  }

  async primaryOf(slot: number): Promise<RedisNode> {
    const owner = (await this.view()).find((line) => owns(line, slot));
    const node = this.nodes.find(({ id }) => id === owner?.id);
    if (!node) throw new Error(`nobody owns slot ${slot}`);
    return node;
  }

  /** The running replicas of a primary. */
  async replicasOf(primary: RedisNode): Promise<RedisNode[]> {
    const lines = (await this.view()).filter((line) => line.primary === primary.id);
    return this.running().filter(({ id }) => lines.some((line) => line.id === id));
  }

  /** A key that the node owns, another one each time, starting with the prefix. */
  async keyFor(nodeIndex: number, prefix: string): Promise<string> {
    const node = this.node(nodeIndex);
    const line = (await this.view()).find(({ id }) => id === node.id);
    if (!line || line.ranges.length === 0) throw new Error(`node ${nodeIndex} owns no slot`);
    for (;;) {
      const key = `${prefix}${this.keys++}`;
      if (owns(line, slotOf(key))) return key;
    }
  }

  /**
   * Moves a slot with its keys in the orderly way; resolves with the number of keys.
   *
   * @param others the primaries besides; where absent, the nodes are asked for them
   */
  async moveSlot(
    slot: number,
    from: RedisNode,
    to: RedisNode,
    others?: readonly RedisNode[],
  ): Promise<number> {
    await this.setImporting(slot, from, to);
    await this.setMigrating(slot, from, to);
    const moved = await this.migrateKeys(slot, from, to);
    await this.assignSlot(slot, from, to, others);
    return moved;
  }

  /** The single steps of `moveSlot`. */
  readonly setImporting = setImporting;
  readonly setMigrating = setMigrating;
  readonly migrateKeys = migrateKeys;

  async assignSlot(
    slot: number,
    from: RedisNode,
    to: RedisNode,
    others?: readonly RedisNode[],
  ): Promise<void> {
    const rest = others ?? (await this.primaries());
    const besides = rest.filter((node) => node !== from && node !== to);
    await assignSlot(slot, from, to, besides);
  }

  /** A planned failover, or with `force` one that does not ask the primary; waits for the new role. */
  async failover(replica: RedisNode, { force = false } = {}): Promise<void> {
    await replica.client.call("CLUSTER", "FAILOVER", ...(force ? ["FORCE"] : []));
    await waitFor(async () => (await replica.client.info("replication")).includes("role:master"), {
      what: `the replica on port ${replica.port} to be promoted`,
    });
  }

  /** Until the nodes that run agree on everything: see `unsettled`. */
  async waitUntilStable({ deadline = STABLE_DEADLINE } = {}): Promise<void> {
    let faults: string[] = [];
    try {
      await waitFor(
        async () => {
          faults = await unsettled(this.nodes);
          return faults.length === 0;
        },
        { what: "a settled cluster", deadline },
      );
    } catch (error) {
      throw new Error(`${String(error)}: ${faults.join("; ")}`, { cause: error });
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  private running(): RedisNode[] {
    return this.nodes.filter((node) => node.state === "running");
  }

  private async view() {
    const [node] = this.running();
    if (!node) throw new Error("no node of the cluster is running");
    return clusterNodes(node);
  }
}

export async function startCluster(shape: Partial<Shape> = {}): Promise<RedisCluster> {
  const nodes = await createCluster({
    primaries: DEFAULT_PRIMARIES,
    replicas: DEFAULT_REPLICAS,
    nodeTimeout: DEFAULT_NODE_TIMEOUT,
    args: [],
    ...shape,
  });
  const cluster = new RedisCluster(nodes);
  await cluster.waitUntilStable();
  return cluster;
}
