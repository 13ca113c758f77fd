import { Cluster } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type RedisCluster,
  type RedisNode,
  slotOf,
  startCluster,
  waitFor,
} from "../support/index.js";
import { judge, Member, settled, writeLives } from "./site.js";

let cluster: RedisCluster;
let client: Cluster;
let members: Member[];

beforeEach(async () => {
  cluster = await startCluster({ primaries: 3, replicas: 3 });
  client = new Cluster(
    cluster.nodes.map(({ host, port }) => ({ host, port })),
    { slotsRefreshInterval: 1_000, redisOptions: { commandTimeout: 1_000 } },
  );
  client.on("error", () => {});
  members = [await Member.start("m1", cluster.url), await Member.start("m2", cluster.url)];
  for (const member of members) await member.holds([32]);
}, 180_000);

afterEach(async () => {
  await Promise.all((members ?? []).map(({ process }) => process.kill()));
  client?.disconnect();
  await cluster?.stop();
});

const LEASES = slotOf("{keywire}:lease:work");

/** Whether leases stand on the node, by which the work is shared. */
const holdsLeases = async (node: RedisNode) => (await cluster.primaryOf(LEASES)).id === node.id;

/** Keys, of six events each, that are written before something happens and after it. */
const KEYS = 300;

/** Writes while something happens and for a while after it, and then judges what was done. */
async function judgeWhile(happens: () => Promise<void>) {
  let begun = 0;
  let enough = Number.POSITIVE_INFINITY;
  const goesOn = (keys: number) => {
    begun = keys;
    return keys < enough;
  };
  const writing = writeLives(client, goesOn, { width: 20, delay: 2 });
  await waitFor(() => begun > KEYS, { what: "the work to be under way", deadline: 30_000 });
  await happens();
  enough = begun + KEYS;
  const written = await writing;
  for (const member of members) await member.holds([32], 60_000);
  await settled(members, written);
  return judge(members, written);
}

/** Kills a primary, and waits until its replica has taken its place. */
async function kill(victim: RedisNode): Promise<void> {
  await victim.kill();
  await waitFor(async () => (await cluster.primaries()).every(({ id }) => id !== victim.id), {
    what: "the replica to be promoted",
    deadline: 60_000,
  });
}

async function victimThat(holds: boolean): Promise<RedisNode> {
  for (const node of await cluster.primaries()) {
    if ((await holdsLeases(node)) === holds) return node;
  }
  throw new Error("no such primary");
}

describe("work shared by two gateways on a cluster", () => {
  it("goes on through the loss of a primary, and tells what the source lost", async () => {
    const victim = await victimThat(false);
    const verdict = await judgeWhile(() => kill(victim));
    expect(verdict).toMatchObject({ lost: [], doubled: [], disordered: [] });
  }, 180_000);

  it("waits where the primary that holds the leases is lost, and goes on when it is replaced", async () => {
    const victim = await victimThat(true);
    const verdict = await judgeWhile(() => kill(victim));
    expect(verdict).toMatchObject({ lost: [], doubled: [], disordered: [] });
  }, 180_000);

  it("goes on through a planned failover of the primary that holds the leases", async () => {
    const victim = await victimThat(true);
    const [replica] = await cluster.replicasOf(victim);
    if (replica === undefined) throw new Error("it has no replica");
    const verdict = await judgeWhile(() => cluster.failover(replica));
    expect(verdict).toMatchObject({ lost: [], doubled: [], disordered: [] });
  }, 180_000);
});
