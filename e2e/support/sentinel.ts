import { type RedisNode, startNode } from "./redis-node.js";
import { waitFor } from "./wait.js";

const MASTER_NAME = "keywire";
const DEFAULT_SENTINELS = 3;
const DEFAULT_REPLICAS = 1;
/** ms of silence after which a sentinel takes a server for down */
const DOWN_AFTER = 1_000;
/** ms; twice as long passes between two failovers of one primary. */
const FAILOVER_TIMEOUT = 2_000;
/** ms; sentinels find each other by what they publish every two seconds. */
const SETTLED_DEADLINE = 30_000;
/** A primary may have to serve replicas after a failover, so all of them are told. */
const QUICK_SYNC = ["--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"];

export interface SentinelShape {
  readonly sentinels: number;
  readonly replicas: number;
  /** Further arguments of the servers, not of the sentinels. */
  readonly args: readonly string[];
}

/** A primary, its replicas, and the sentinels that watch them. */
export class SentinelRedis {
  /** The servers: the first primary, then its replicas. */
  readonly nodes: readonly RedisNode[];
  readonly sentinels: readonly RedisNode[];

  constructor(nodes: readonly RedisNode[], sentinels: readonly RedisNode[]) {
    this.nodes = nodes;
    this.sentinels = sentinels;
  }

  /** `redis+sentinel://127.0.0.1:p1,127.0.0.1:p2,…/keywire` */
  get url(): string {
    const hosts = this.sentinels.map((node) => `${node.host}:${node.port}`).join(",");
    return `redis+sentinel://${hosts}/${MASTER_NAME}`;
  }

  /** The server that the sentinels take for the primary. */
  async primary(): Promise<RedisNode> {
    const port = await masterPort(this.runningSentinel());
    const node = this.nodes.find((candidate) => candidate.port === port);
    if (!node) throw new Error(`the sentinels name port ${port}, which is none of the servers`);
    return node;
  }

  /** A failover that the sentinels are asked for; resolves with the new primary. */
  async failover(): Promise<RedisNode> {
    const old = await this.primary();
    await this.runningSentinel().client.call("SENTINEL", "FAILOVER", MASTER_NAME);
    await waitFor(async () => (await this.primary()) !== old, {
      what: "the sentinels to promote a replica",
      deadline: SETTLED_DEADLINE,
    });
    return this.primary();
  }

  /** Until every running sentinel knows all the others and all replicas, and agrees on the primary. */
  async waitUntilStable({ deadline = SETTLED_DEADLINE } = {}): Promise<void> {
    await waitFor(async () => (await Promise.all(this.running().map(known))).every(this.isWhole), {
      what: `${this.sentinels.length} sentinels to know each other and ${this.nodes.length} servers`,
      deadline,
    });
    await waitFor(
      async () => new Set(await Promise.all(this.running().map(masterPort))).size === 1,
      {
        what: "the sentinels to agree on the primary",
        deadline,
      },
    );
  }

  async stop(): Promise<void> {
    await Promise.all([...this.sentinels, ...this.nodes].map((node) => node.stop()));
  }

  private readonly isWhole = (knowledge: Knowledge): boolean =>
    knowledge.sentinels === this.sentinels.length &&
    knowledge.replicas === this.nodes.length - 1 &&
    knowledge.flags === "master";

  private running(): RedisNode[] {
    return this.sentinels.filter((node) => node.state === "running");
  }

  private runningSentinel(): RedisNode {
    const [sentinel] = this.running();
    if (!sentinel) throw new Error("no sentinel is running");
    return sentinel;
  }
}

interface Knowledge {
  readonly flags: string;
  readonly replicas: number;
  readonly sentinels: number;
}

async function known(sentinel: RedisNode): Promise<Knowledge> {
  const answer = await sentinel.client.call("SENTINEL", "MASTER", MASTER_NAME);
  const fields = toMap(answer);
  return {
    flags: String(fields.get("flags")),
    replicas: Number(fields.get("num-slaves")),
    sentinels: Number(fields.get("num-other-sentinels")) + 1,
  };
}

/** RESP2 answers a flat list, RESP3 a map. */
function toMap(answer: unknown): Map<string, unknown> {
  if (answer instanceof Map) return answer;
  if (!Array.isArray(answer)) return new Map(Object.entries(answer ?? {}));
  return new Map(answer.flatMap((name, i) => (i % 2 ? [] : [[String(name), answer[i + 1]]])));
}

async function masterPort(sentinel: RedisNode): Promise<number> {
  const answer = await sentinel.client.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER_NAME);
  if (!Array.isArray(answer)) throw new Error(`a sentinel answered ${String(answer)}`);
  return Number(answer[1]);
}

export async function startSentinel(shape: Partial<SentinelShape> = {}): Promise<SentinelRedis> {
  const { sentinels = DEFAULT_SENTINELS, replicas = DEFAULT_REPLICAS } = shape;
  const args = [...QUICK_SYNC, ...(shape.args ?? [])];
  const primary = await startNode({ name: "primary", args });
  const others = await Promise.all(
    Array.from({ length: replicas }, () => startReplica(primary, args)),
  );
  const config = sentinelConfig(primary, Math.floor(sentinels / 2) + 1);
  const watchers = await Promise.all(
    Array.from({ length: sentinels }, () =>
      startNode({ name: "sentinel", config, args: ["--sentinel"] }),
    ),
  );
  const running = new SentinelRedis([primary, ...others], watchers);
  await running.waitUntilStable();
  return running;
}

async function startReplica(primary: RedisNode, args: readonly string[]): Promise<RedisNode> {
  const follow = ["--replicaof", `${primary.host} ${primary.port}`];
  const replica = await startNode({ name: "replica", args: [...follow, ...args] });
  await waitFor(
    async () => (await replica.client.info("replication")).includes("master_link_status:up"),
    { what: `the replica on port ${replica.port} to follow`, deadline: SETTLED_DEADLINE },
  );
  return replica;
}

function sentinelConfig(primary: RedisNode, quorum: number): string {
  return [
    `sentinel monitor ${MASTER_NAME} ${primary.host} ${primary.port} ${quorum}`,
    `sentinel down-after-milliseconds ${MASTER_NAME} ${DOWN_AFTER}`,
    `sentinel failover-timeout ${MASTER_NAME} ${FAILOVER_TIMEOUT}`,
    "",
  ].join("\n");
}
