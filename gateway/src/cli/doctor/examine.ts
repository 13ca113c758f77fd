import { maskCredentials } from "../../config.js";
import { discover } from "../../keyspace/discovery.js";
import type { NotifyMode } from "../../keyspace/notify.js";
import { type Endpoint, parseRedisUrl, type RedisTarget, show } from "../../keyspace/target.js";
import { reasonOf } from "../output.js";
import { describeCluster, type Survey } from "./cluster.js";
import { examineNotifications } from "./notifications.js";
import { ask, withPatient } from "./patient.js";
import { type DoctorReport, fail, type NodeReport, ok, warn } from "./report.js";
import { examineRights } from "./rights.js";
import { examineServer, unreachable } from "./server.js";

/** What the gateway is to do with it. */
export interface Uses {
  readonly notify: NotifyMode;
  /** Whether it forwards events to a broker. */
  readonly forwards: boolean;
}

/** Looks at every node of the deployment; what is wrong is in the report, not thrown. */
export async function examine(url: string, uses: Uses): Promise<DoctorReport> {
  const target = parseRedisUrl(url);
  const { findings, nodes } = await survey(target);
  const reports = await Promise.all(nodes.map((node) => examineNode(target, node, uses)));
  return { redis: maskCredentials(url), findings, nodes: reports };
}

async function examineNode(
  target: RedisTarget,
  endpoint: Endpoint,
  { notify, forwards }: Uses,
): Promise<NodeReport> {
  const address = show(endpoint);
  try {
    const findings = await withPatient(target, endpoint, async (patient) => {
      const server = await examineServer(patient);
      const rights = await examineRights(patient, forwards);
      const notifications = await examineNotifications(patient, notify, rights.testable);
      return [...server, ...rights.findings, ...notifications];
    });
    return { address, findings };
  } catch (error) {
    return { address, findings: [unreachable(error, target.tls)] };
  }
}

/** Who belongs to the deployment. */
function survey(target: RedisTarget): Promise<Survey> {
  switch (target.kind) {
    case "cluster":
      return surveyCluster(target);
    case "sentinel":
      return surveySentinel(target);
    case "standalone":
      return surveyStandalone(target);
  }
}

async function surveyStandalone(target: RedisTarget): Promise<Survey> {
  const [named] = target.endpoints;
  if (named === undefined) return { findings: [], nodes: [] };
  const role = await withPatient(target, named, ({ control }) => ask(control, "ROLE")).catch(
    () => undefined,
  );
  // One that cannot be asked is examined all the same: that is where the reason is found.
  const isReplica = role?.kind === "answer" && (role.value as unknown[])[0] === "slave";
  if (!isReplica) return { findings: [], nodes: [named] };
  const what = `${show(named)} is a replica`;
  try {
    const primary = await primaryOf(target);
    const detail = `${what}; the gateway listens to its primary, ${show(primary)}`;
    return { findings: [warn("deployment", detail)], nodes: [primary, named] };
  } catch (error) {
    const detail = `${what}, and its primary cannot be had: ${reasonOf(error)}`;
    return { findings: [fail("deployment", detail)], nodes: [named] };
  }
}

async function surveySentinel(target: RedisTarget): Promise<Survey> {
  const sentinels = target.endpoints.map(show).join(", ");
  try {
    const primary = await primaryOf(target);
    const detail = `${target.name} is ${show(primary)}, say the Sentinels at ${sentinels}`;
    return { findings: [ok("deployment", detail)], nodes: [primary] };
  } catch (error) {
    const remedy = "correct the addresses of the Sentinels, or the name";
    return { findings: [fail("deployment", reasonOf(error), remedy)], nodes: [] };
  }
}

async function primaryOf(target: RedisTarget): Promise<Endpoint> {
  const [primary] = (await discover(target, [])).primaries.values();
  if (primary === undefined) throw new Error("there is no primary");
  return { host: primary.host, port: primary.port };
}

async function surveyCluster(target: RedisTarget): Promise<Survey> {
  const reasons: string[] = [];
  for (const endpoint of target.endpoints) {
    try {
      return await withPatient(target, endpoint, async ({ control }) => {
        const answer = await ask(control, "CLUSTER", "NODES");
        if (answer.kind !== "answer") throw new Error(answer.message);
        return describeCluster(String(answer.value), endpoint);
      });
    } catch (error) {
      reasons.push(`${show(endpoint)}: ${reasonOf(error)}`);
    }
  }
  const remedy = "name nodes of a cluster; a single server goes behind redis://";
  const finding = fail(
    "deployment",
    `nobody tells the cluster's nodes: ${reasons.join("; ")}`,
    remedy,
  );
  return { findings: [finding], nodes: target.endpoints };
}
