import { type Keyspace, openKeyspace } from "@keywire/gateway/keyspace";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type RedisCluster, slotOf, startCluster, waitFor } from "../support/index.js";
import { record } from "./recorder.js";

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

/** The sharded channels by which a node is to tell that it gave their slots away. */
const guardsOf = async (index: number) =>
  (await client(index).call("PUBSUB", "SHARDCHANNELS")) as string[];

async function thereAndBack(slot: number, meanwhile: () => Promise<unknown>): Promise<void> {
  await cluster.moveSlot(slot, cluster.node(0), cluster.node(1));
  await meanwhile();
  await cluster.moveSlot(slot, cluster.node(1), cluster.node(0));
}

it("tells a gap where a slot went and came back between two looks, and shows no restore", async () => {
  const key = await cluster.keyFor(0, "trip:");
  const exact = (await record(keyspace, `key:${key}`)).recorder;
  await thereAndBack(slotOf(key), () => client(1).set(key, "written away from home"));
  await client(0).append(key, "home");
  await exact.saw("append", key);
  await waitFor(() => exact.gaps.length > 0, { what: "a gap" });
  expect(exact.gaps[0]?.reason).toBe("slot_moved");
  expect(exact.log.filter((line) => !line.startsWith("gap"))).not.toContain(`restore ${key}`);
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

it("goes on hearing a node that gave its guarded slot away, and guards another one", async () => {
  const key = await cluster.keyFor(0, "guard:");
  const { recorder } = await record(keyspace, `key:${key}`);
  const [guard = ""] = await waitFor(
    async () => {
      const found = await guardsOf(0);
      return found.length === 1 ? found : undefined;
    },
    { what: "a guard on node 1" },
  );
  await cluster.moveSlot(slotOf(guard), cluster.node(0), cluster.node(1));
  await cluster.waitUntilStable();
  await waitFor(
    async () => {
      const found = await guardsOf(0);
      return found.length === 1 && !found.includes(guard);
    },
    { what: "another guard on node 1" },
  );
  await client(0).set(key, "1");
  await recorder.saw("set", key);
  expect(recorder.log).toEqual([`set ${key}`]);
  expect(keyspace.problems()).toEqual([]);
});
