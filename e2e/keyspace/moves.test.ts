import { type Keyspace, openKeyspace } from "@keywire/gateway/keyspace";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type RedisCluster, slotOf, startCluster, waitFor } from "../support/index.js";
import { type Recorder, record } from "./recorder.js";

let cluster: RedisCluster;
let keyspace: Keyspace;

beforeEach(async () => {
  cluster = await startCluster({ primaries: 3, replicas: 0 });
  keyspace = await openKeyspace({ redis: cluster.url });
}, 120_000);

afterEach(async () => {
  await keyspace?.close();
  await cluster?.stop();
});

const client = (index: number) => cluster.node(index).client;

/** The sharded channels by which a node is to tell that it gave slots away. */
const guardsOf = async (index: number, pattern: string) =>
  (await client(index).call("PUBSUB", "SHARDCHANNELS", pattern)) as string[];

/** By what it is to tell that it was demoted. */
const watchOf = (index: number) => guardsOf(index, "keywire:watch:*");

/** By what it is to tell of slots with keys of their own. */
const slotGuards = async () =>
  (await Promise.all([0, 1, 2].map((index) => guardsOf(index, "keywire:slot:*")))).flat();

async function awaitSlotGuards(count: number): Promise<void> {
  await waitFor(async () => (await slotGuards()).length === count, { what: `${count} guards` });
}

async function thereAndBack(slot: number, meanwhile: () => Promise<unknown>): Promise<void> {
  // All of them, so that none is asked for the topology: that is counted as a look.
  const nodes = [0, 1, 2].map((index) => cluster.node(index));
  await cluster.moveSlot(slot, cluster.node(0), cluster.node(1), nodes);
  await meanwhile();
  await cluster.moveSlot(slot, cluster.node(1), cluster.node(0), nodes);
}

/** How often the nodes were asked for the topology: whoever looks at it asks them all. */
async function looks(): Promise<number> {
  const counts = [0, 1, 2].map(async (index) => {
    const stats = await client(index).info("commandstats");
    return Number(/cmdstat_cluster\|nodes:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** One key of node 1 that will travel, and one of each node that stays. */
async function travellerAndNeighbours() {
  const key = await cluster.keyFor(0, "trip:");
  const exact = (await record(keyspace, `key:${key}`)).recorder;
  const others = await Promise.all(
    [0, 1, 2].map(async (index) => {
      const other = await cluster.keyFor(index, "home:");
      return { index, other, recorder: (await record(keyspace, `key:${other}`)).recorder };
    }),
  );
  return { key, exact, others };
}

/**
 * There and back between two looks. Where a look came in between, it showed the slot away from home,
 * and the journey has to be made again; what is told of that one is told before this resolves.
 *
 * @returns the gaps told before the journey
 */
async function travelUnseen(key: string, { gaps }: Recorder): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt++) {
    await cluster.waitUntilStable();
    await awaitSlotGuards(4);
    // Two whole looks at three nodes: whatever there was to tell is told, and the next is a while off.
    const calm = (await looks()) + 6;
    await waitFor(async () => (await looks()) >= calm, { what: "two looks" });
    const told = gaps.length;
    const before = await looks();
    await thereAndBack(slotOf(key), () => client(1).set(key, "written away from home"));
    if ((await looks()) === before) return told;
  }
  throw new Error("20 journeys, and a look in each of them");
}

it("tells a gap where a slot went and came back between two looks, of its keys alone", async () => {
  const { key, exact, others } = await travellerAndNeighbours();
  // It is guarded again after the first journey, and so the second is told as well.
  for (const _journey of ["first", "second"]) {
    const told = await travelUnseen(key, exact);
    await client(0).append(key, "home");
    await waitFor(() => exact.log.at(-1) === `append ${key}`, { what: "append" });
    await waitFor(() => exact.gaps.length > told, { what: "a gap" });
    for (const { index, other, recorder } of others) {
      await client(index).append(other, "1");
      await waitFor(() => recorder.log.at(-1) === `append ${other}`, { what: "append" });
    }
    expect(exact.gaps.slice(told).map(({ reason }) => reason)).toEqual(["slot_moved"]);
  }
  expect(exact.log).not.toContain(`restore ${key}`);
  for (const { recorder } of others) expect(recorder.gaps).toEqual([]);
});

it("tells all keys of the nodes that took part where it is not let have guards", async () => {
  await keyspace.close();
  for (const index of [0, 1, 2]) await client(index).acl("SETUSER", "default", "-ssubscribe");
  keyspace = await openKeyspace({ redis: cluster.url });
  const key = await cluster.keyFor(0, "trip:");
  const exact = (await record(keyspace, `key:${key}`)).recorder;
  const neighbour = await cluster.keyFor(0, "home:");
  const beside = (await record(keyspace, `key:${neighbour}`)).recorder;
  await thereAndBack(slotOf(key), () => client(1).set(key, "written away from home"));
  await waitFor(() => exact.gaps.length > 0, { what: "a gap" });
  await waitFor(() => beside.gaps.length > 0, { what: "a gap of its neighbour" });
  expect(await slotGuards()).toEqual([]);
});

it("guards each slot with keys of its own, once, until the last of them has left", async () => {
  const key = await cluster.keyFor(0, "held:");
  const names = [`key:${key}`, `key:{${key}}:twin`, `key:${await cluster.keyFor(2, "held:")}`];
  const held = [];
  for (const name of names) held.push(await record(keyspace, name));
  await awaitSlotGuards(2);
  const { recorder } = await record(keyspace, "prefix:other:");
  for (const { subscription } of held) await subscription.unsubscribe();
  await awaitSlotGuards(0);
  // Without them, and with nothing asked for by name, the links are what they were.
  await waitFor(async () => (await watchOf(0)).length === 1, { what: "a watch on node 1" });
  const other = await cluster.keyFor(0, "other:");
  await client(0).set(other, "1");
  await recorder.saw("set", other);
  expect(recorder.gaps).toEqual([]);
  await record(keyspace, `key:${key}`);
  await awaitSlotGuards(1);
});

it("shows no restore to those who listen everywhere, and no gap", async () => {
  const key = await cluster.keyFor(0, "wide:");
  const { recorder } = await record(keyspace, "prefix:wide:");
  await thereAndBack(slotOf(key), () => client(1).set(key, "written away from home"));
  await client(0).append(key, "home");
  await recorder.saw("append", key);
  expect(recorder.log).toEqual([`set ${key}`, `append ${key}`]);
});

it("shows a RESTORE that somebody runs", async () => {
  const key = await cluster.keyFor(0, "real:");
  const { recorder } = await record(keyspace, "prefix:real:");
  await client(0).set(key, "1");
  const dump = await client(0).dumpBuffer(key);
  await client(0).restore(key, 0, dump, "REPLACE");
  await client(0).append(key, "2");
  await recorder.saw("append", key);
  expect(recorder.log.slice(-2)).toEqual([`restore ${key}`, `append ${key}`]);
});

it("goes on hearing a node that gave the watched slot away, and watches another one", async () => {
  const key = await cluster.keyFor(0, "guard:");
  const { recorder } = await record(keyspace, `key:${key}`);
  const [watch = ""] = await waitFor(
    async () => {
      const found = await watchOf(0);
      return found.length === 1 ? found : undefined;
    },
    { what: "a watch on node 1" },
  );
  await cluster.moveSlot(slotOf(watch), cluster.node(0), cluster.node(1));
  await cluster.waitUntilStable();
  await waitFor(
    async () => {
      const found = await watchOf(0);
      return found.length === 1 && !found.includes(watch);
    },
    { what: "another watch on node 1" },
  );
  await client(0).set(key, "1");
  await recorder.saw("set", key);
  expect(recorder.log).toEqual([`set ${key}`]);
  expect(keyspace.problems()).toEqual([]);
});
