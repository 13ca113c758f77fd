import { setTimeout as pause } from "node:timers/promises";
import { clusterNodes } from "../../support/cluster-health.js";
import { type RedisNode, waitFor } from "../../support/index.js";
import type { SlotRange } from "../record.js";
import type { Site } from "../site.js";
import type { FaultLog } from "./fault-log.js";

/** ms; with a node timeout of 2 s it takes about 4 */
const PROMOTION_DEADLINE = 30_000;

/** A primary, its running replicas, and the slots it owns. */
export interface Shard {
  readonly primary: RedisNode;
  readonly replicas: readonly RedisNode[];
  readonly slots: readonly SlotRange[];
}

/** Counted among the primaries of the moment. */
export async function shardAt(site: Site, index: number): Promise<Shard> {
  const primaries = await site.cluster.primaries();
  const primary = primaries[index % primaries.length];
  if (primary === undefined) throw new Error("the cluster has no primary");
  const lines = await clusterNodes(primary);
  const slots = lines.find(({ id }) => id === primary.id)?.ranges ?? [];
  return { primary, slots, replicas: await site.cluster.replicasOf(primary) };
}

export async function killPrimary(
  site: Site,
  log: FaultLog,
  { primary: index, backAfter }: { readonly primary: number; readonly backAfter: number },
): Promise<void> {
  const { primary, replicas, slots } = await shardAt(site, index);
  await log.during({ kind: "kill_primary", slots }, async () => {
    await primary.kill();
    await promotionOf(replicas);
  });
  await pause(backAfter);
  await primary.restart();
}

export async function killReplica(
  site: Site,
  log: FaultLog,
  { primary: index, backAfter }: { readonly primary: number; readonly backAfter: number },
): Promise<void> {
  const { replicas } = await shardAt(site, index);
  for (const replica of replicas.slice(0, 1)) {
    // It touches nobody: nothing is listened to there.
    await log.during({ kind: "kill_replica", slots: [] }, async () => {
      await replica.kill();
      await pause(backAfter);
      await replica.restart();
    });
  }
}

export async function failOver(
  site: Site,
  log: FaultLog,
  { primary: index }: { readonly primary: number },
): Promise<void> {
  const { replicas, slots } = await shardAt(site, index);
  for (const replica of replicas.slice(0, 1)) {
    await log.during({ kind: "failover", slots }, () => site.cluster.failover(replica));
  }
}

/**
 * Stopped for so long; its replica is promoted meanwhile, and it learns of that when it goes on. Where
 * it goes on sooner, others hold it for dead all the same, and may yet replace it: it is over when
 * they agree.
 */
export async function freeze(
  site: Site,
  log: FaultLog,
  { primary: index, ms }: { readonly primary: number; readonly ms: number },
): Promise<void> {
  const { primary, replicas, slots } = await shardAt(site, index);
  const from = Date.now();
  let to: number | undefined;
  primary.pause();
  try {
    const goesOn = pause(ms, undefined);
    const promotion = promotionOf(replicas).then(() => Date.now());
    promotion.catch(() => {});
    // From its promotion on, keys of these slots have a primary that answers.
    to = await Promise.race([promotion, goesOn]);
    await goesOn;
  } finally {
    primary.resume();
  }
  if (to === undefined) await site.cluster.waitUntilStable();
  log.add({ kind: "freeze", from, to: to ?? Date.now(), slots });
}

async function promotionOf(replicas: readonly RedisNode[]): Promise<void> {
  if (replicas.length === 0) throw new Error("nobody is there to be promoted");
  await waitFor(
    async () => {
      const infos = await Promise.all(
        replicas.map((replica) => replica.client.info("replication")),
      );
      return infos.some((info) => info.includes("role:master"));
    },
    { what: "a replica to be promoted", deadline: PROMOTION_DEADLINE },
  );
}
