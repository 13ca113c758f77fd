import { beforeAll, expect, it } from "vitest";
import { type RedisCluster, startCluster } from "./cluster.js";
import { slotOf } from "./slot.js";
import { waitFor } from "./wait.js";

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startCluster();
});

it("computes slots as the server does", async () => {
  const keys = ["", "a", "order:42", "{user}:1", "x{}y", "{}{a}", "{a", "ä{ö}ü", "a}{b}c"];
  for (const key of keys) {
    const answer = await cluster.node(0).client.call("CLUSTER", "KEYSLOT", key);
    expect([key, slotOf(key)]).toEqual([key, Number(answer)]);
  }
});

it("finds new keys for each primary", async () => {
  for (const index of [0, 1, 2]) {
    const keys = [await cluster.keyFor(index, "k:"), await cluster.keyFor(index, "k:")];
    expect(new Set(keys).size).toBe(2);
    for (const key of keys) expect(await cluster.node(index).client.set(key, "1")).toBe("OK");
  }
  await expect(cluster.keyFor(3, "k:")).rejects.toThrow("owns no slot");
});

it("moves a slot with its keys, and back", async () => {
  const [from, to] = [cluster.node(0), cluster.node(1)];
  const key = await cluster.keyFor(0, "moved:");
  const slot = slotOf(key);
  const keys = Array.from({ length: 250 }, (_, i) => `{${key}}:${i}`);
  await from.client.mset(...keys.flatMap((name) => [name, "1"]));
  expect(await cluster.moveSlot(slot, from, to)).toBe(250);
  expect(await cluster.primaryOf(slot)).toBe(to);
  expect(await to.client.mget(...keys)).toEqual(keys.map(() => "1"));
  await expect(from.client.get(key)).rejects.toThrow("MOVED");
  expect(await cluster.moveSlot(slot, to, from)).toBe(250);
  await cluster.waitUntilStable();
  expect(await cluster.primaryOf(slot)).toBe(from);
});

it("promotes a replica, asked for and after a kill", async () => {
  const old = cluster.node(1);
  const [replica] = await cluster.replicasOf(old);
  if (!replica) throw new Error("the cluster has no replica");
  await cluster.failover(replica);
  await cluster.waitUntilStable();
  expect(await cluster.primaries()).toContain(replica);
  expect(await cluster.primaries()).not.toContain(old);

  await replica.kill();
  await waitFor(async () => (await cluster.primaries()).includes(old), {
    what: "the old primary's promotion",
    deadline: 30_000,
  });
  await cluster.waitUntilStable();
  await replica.restart();
  await cluster.waitUntilStable();
  expect(await cluster.replicasOf(old)).toEqual([replica]);
});
