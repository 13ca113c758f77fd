import type { Redis } from "ioredis";
import { type RedisNode, startNode } from "./redis-node.js";
import { waitFor } from "./wait.js";

export interface RedisOptions {
  /** Further arguments of the server, such as `["--notify-keyspace-events", "KEA"]`. */
  readonly args?: readonly string[];
  /** An existing folder to work in; default a temp folder. */
  readonly dir?: string;
}

/** A standalone server. */
export interface StandaloneRedis {
  /** `redis://127.0.0.1:<port>/0` */
  readonly url: string;
  readonly node: RedisNode;
  readonly nodes: readonly RedisNode[];
  readonly client: Redis;
  stop(): Promise<void>;
}

/** A primary and a replica that is in step with it. */
export async function startPair(): Promise<readonly [StandaloneRedis, StandaloneRedis]> {
  const primary = await startRedis();
  const { port } = primary.node;
  const replica = await startRedis({ args: ["--replicaof", "127.0.0.1", String(port)] });
  await waitFor(async () => (await primary.client.info("replication")).includes("state=online"), {
    what: "the replica to be in step",
  });
  return [primary, replica];
}

/** Has the primary make its replica one in its stead; resolves when it is. */
export async function failOver(primary: StandaloneRedis, replica: StandaloneRedis): Promise<void> {
  await primary.client.call("FAILOVER");
  await waitFor(async () => (await replica.client.role())[0] === "master", {
    what: "the new role",
  });
}

export async function startRedis(options: RedisOptions = {}): Promise<StandaloneRedis> {
  const node = await startNode({ name: "redis", ...options });
  return { url: node.url, node, nodes: [node], client: node.client, stop: node.stop };
}
