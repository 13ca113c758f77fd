import type { Redis } from "ioredis";
import { type RedisNode, startNode } from "./redis-node.js";

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

export async function startRedis(options: RedisOptions = {}): Promise<StandaloneRedis> {
  const node = await startNode({ name: "redis", ...options });
  return { url: node.url, node, nodes: [node], client: node.client, stop: node.stop };
}
