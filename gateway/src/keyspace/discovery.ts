import type { Redis } from "ioredis";
import { parseClusterNodes } from "./cluster-nodes.js";
import { connectControl, withConnection } from "./connection.js";
import { askSentinels } from "./sentinels.js";
import { type Endpoint, type RedisTarget, show } from "./target.js";
import { mergeViews, Topology, type View } from "./topology.js";
import { within } from "./within.js";

/** A node that can be asked, and where it is. */
export interface Informant {
  readonly endpoint: Endpoint;
  readonly control: Redis;
}

/** How long a named server is waited for where another one took over from it, ms. */
const PATIENCE = 1_000;
/** Followed this often when each server says that another one is the primary; then it is a loop. */
const MAX_REDIRECTS = 4;

/**
 * Finds out who the primaries are.
 *
 * @param informants nodes with a connection; where none answers, the configured ones are asked
 * @throws Error naming who was asked and what they said
 */
export async function discover(
  target: RedisTarget,
  informants: readonly Informant[],
): Promise<Topology> {
  switch (target.kind) {
    case "cluster":
      return discoverCluster(target, informants);
    case "sentinel":
      return discoverSentinel(target, informants);
    case "standalone":
      return discoverStandalone(target, informants);
  }
}

// Cluster

async function discoverCluster(
  target: RedisTarget,
  informants: readonly Informant[],
): Promise<Topology> {
  const views = await askAll(informants);
  if (views.length > 0) return mergeViews(views);
  return mergeViews([await firstAnswer(target.endpoints, (at) => withControl(target, at, viewOf))]);
}

async function askAll(informants: readonly Informant[]): Promise<View[]> {
  const answers = await Promise.allSettled(informants.map(viewOf));
  return answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
}

async function viewOf({ endpoint, control }: Informant): Promise<View> {
  const text = (await control.cluster("NODES")) as string;
  return { askedHost: endpoint.host, nodes: parseClusterNodes(text) };
}

// Standalone

async function discoverStandalone(
  target: RedisTarget,
  informants: readonly Informant[],
): Promise<Topology> {
  const isNamed = ({ endpoint }: Informant) =>
    target.endpoints.some((at) => show(at) === show(endpoint));
  const others = informants.filter((informant) => !isNamed(informant));
  const asked = firstAnswer(informants.filter(isNamed), (informant) =>
    followRole(target, informant),
  ).catch(() =>
    firstAnswer(target.endpoints, (endpoint) =>
      withControl(target, endpoint, (informant) => followRole(target, informant)),
    ),
  );
  // The server that is named is the one that is meant, whomever it followed for a while. Only where it is
  // gone, who took over from it counts.
  const late = `no answer within ${PATIENCE} ms`;
  const inTime = others.length === 0 ? asked : within(PATIENCE, asked, late);
  const primary = await inTime.catch((error: unknown) =>
    firstAnswer(others, (informant) => followRole(target, informant)).catch(() => {
      throw error;
    }),
  );
  return Topology.single(primary.host, primary.port);
}

/** The primary that a server is, or that it follows: FAILOVER swaps them under open connections. */
async function followRole(
  target: RedisTarget,
  informant: Informant,
  redirects = 0,
): Promise<Endpoint> {
  const role = (await informant.control.role()) as unknown[];
  if (role[0] === "master") return informant.endpoint;
  const primary = { host: String(role[1]), port: Number(role[2]) };
  if (redirects >= MAX_REDIRECTS) {
    throw new Error(
      `${show(informant.endpoint)} follows ${show(primary)}, and that goes round in circles`,
    );
  }
  return withControl(target, primary, (next) => followRole(target, next, redirects + 1));
}

// Sentinel

async function discoverSentinel(
  target: RedisTarget,
  informants: readonly Informant[],
): Promise<Topology> {
  const { primary: told, appointedFor } = await askSentinels(target);
  const known = informants.find(({ endpoint }) => show(endpoint) === show(told));
  // A Sentinel may still tell of a primary that was demoted: its own word on its role decides.
  const primary = known
    ? await followRole(target, known)
    : await withControl(target, told, (informant) => followRole(target, informant));
  const isTold = show(primary) === show(told);
  return Topology.single(primary.host, primary.port, isTold ? appointedFor : undefined);
}

// Asking

/** The first answer of those asked one after another. */
async function firstAnswer<A extends Endpoint | Informant, T>(
  asked: readonly A[],
  ask: (one: A) => Promise<T>,
): Promise<T> {
  const refusals: string[] = [];
  for (const one of asked) {
    try {
      return await ask(one);
    } catch (error) {
      refusals.push(
        `${show("endpoint" in one ? one.endpoint : one)}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  throw new Error(`no Redis node answered: ${refusals.join("; ")}`);
}

async function withControl<T>(
  target: RedisTarget,
  endpoint: Endpoint,
  ask: (informant: Informant) => Promise<T>,
): Promise<T> {
  const control = connectControl(target, endpoint);
  return withConnection(control, () => ask({ endpoint, control }));
}
