import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { clusterNodes } from "../support/cluster-health.js";
import {
  type FaultProxy,
  type Gateway,
  type LogLine,
  type RedisCluster,
  type RedisNode,
  startCluster,
  startGateway,
  startProxy,
  waitFor,
} from "../support/index.js";

/** Read by a node at each start; the wildcard lets it start without, the first time. */
const ANNOUNCE_FILE = "announce.conf";
const ANNOUNCE_GLOB = "announce*.conf";
/** s; a channel outlives its last client for so long */
export const LINGER = 4;
const GATEWAY_SETTINGS = {
  KEYWIRE_LINGER: String(LINGER),
  KEYWIRE_HEARTBEAT: "4",
  KEYWIRE_HEARTBEAT_TIMEOUT: "3",
  KEYWIRE_DRAIN_TIMEOUT: "2",
} as const;

/** What is put to the test: three primaries and their replicas, each behind a proxy, and a gateway. */
export class Site {
  readonly cluster: RedisCluster;
  readonly gateway: Gateway;
  readonly #proxies: ReadonlyMap<RedisNode, FaultProxy>;
  readonly #formerLog: LogLine[] = [];

  constructor(
    cluster: RedisCluster,
    gateway: Gateway,
    proxies: ReadonlyMap<RedisNode, FaultProxy>,
  ) {
    this.cluster = cluster;
    this.gateway = gateway;
    this.#proxies = proxies;
  }

  get nodes(): readonly RedisNode[] {
    return this.cluster.nodes;
  }

  /** What the gateways logged, one after the other. */
  get gatewayLog(): readonly LogLine[] {
    return [...this.#formerLog, ...this.gateway.logs()];
  }

  /** Ends the gateway where it runs, and starts another one in its place. */
  async restartGateway(): Promise<void> {
    this.#formerLog.push(...this.gateway.logs());
    await this.gateway.restart();
  }

  /** The way that the gateway and the replicas take to a node; writers go straight to it. */
  linkTo(node: RedisNode): FaultProxy {
    const proxy = this.#proxies.get(node);
    if (proxy === undefined) throw new Error(`the node on port ${node.port} has no proxy`);
    return proxy;
  }

  nodeAt(announcedPort: number): RedisNode | undefined {
    return this.nodes.find((node) => this.linkTo(node).port === announcedPort);
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    await this.cluster.stop();
    for (const proxy of this.#proxies.values()) await proxy.stop();
  }
}

export async function openSite(): Promise<Site> {
  const cluster = await startCluster({
    primaries: 3,
    replicas: 3,
    args: ["--include", ANNOUNCE_GLOB],
  });
  const proxies = new Map<RedisNode, FaultProxy>();
  for (const node of cluster.nodes) proxies.set(node, await announceProxy(node));
  const ports = [...proxies.values()].map(({ port }) => port).sort();
  await waitFor(async () => (await Promise.all(cluster.nodes.map(knownPorts))).every(are(ports)), {
    what: "the nodes to know each other by their proxies",
    deadline: 30_000,
  });
  await cluster.waitUntilStable();
  const redis = `redis+cluster://${ports.map((port) => `127.0.0.1:${port}`).join(",")}`;
  const gateway = await startGateway({ redis, env: GATEWAY_SETTINGS });
  return new Site(cluster, gateway, proxies);
}

/** Puts a proxy in front of a node, and lets the node tell everybody that this is where it is. */
async function announceProxy(node: RedisNode): Promise<FaultProxy> {
  const proxy = await startProxy(node.port);
  await writeFile(join(node.dir, ANNOUNCE_FILE), `cluster-announce-port ${proxy.port}\n`);
  await node.client.config("SET", "cluster-announce-port", String(proxy.port));
  return proxy;
}

async function knownPorts(node: RedisNode): Promise<number[]> {
  return (await clusterNodes(node)).map(({ port }) => port).sort();
}

const are = (ports: readonly number[]) => (known: readonly number[]) =>
  known.join() === ports.join();
