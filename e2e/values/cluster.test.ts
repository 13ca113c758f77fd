import type { OpenValues } from "@keywire/gateway/values";
import { parseChannel } from "@keywire/shared";
import { Cluster } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  hold,
  type RedisCluster,
  type RedisNode,
  slotOf,
  startCluster,
  waitFor,
} from "../support/index.js";
import { bytes, valuesOf } from "./values-of.js";

let cluster: RedisCluster;
let client: Cluster;
let opened: OpenValues;

beforeAll(async () => {
  cluster = await startCluster({ primaries: 3, replicas: 3 });
  client = new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port })));
  hold(() => client.disconnect());
  opened = valuesOf(cluster.url);
}, 120_000);

afterAll(async () => {
  opened?.close();
  await cluster?.stop();
});

const read = (key: string, event?: string) =>
  opened.values.read(0, bytes(key), event === undefined ? {} : { event });
const text = (data: string) => ({ value: { type: "string", data } });

/** Moves a slot; all nodes must know of it before the next move. */
async function move(slot: number, from: RedisNode, to: RedisNode): Promise<void> {
  await cluster.moveSlot(slot, from, to);
  await cluster.waitUntilStable();
}

describe("a cluster", () => {
  it("is read on all its primaries, each over one connection", async () => {
    const keys = await Promise.all([0, 1, 2, 0, 1, 2].map((node) => cluster.keyFor(node, "all:")));
    for (const key of keys) await client.set(key, key);
    const states = await Promise.all(keys.map((key) => read(key)));
    expect(states).toEqual(keys.map(text));
    for (const node of cluster.nodes) {
      const list = String(await node.client.client("LIST"));
      const own = list.split("\n").filter((line) => line.includes("name=keywire-values"));
      expect(own).toHaveLength((await cluster.primaries()).includes(node) ? 1 : 0);
    }
  });

  it("is followed step by step while a slot moves: nothing missing, nothing old", async () => {
    const key = await cluster.keyFor(0, "step:");
    const hash = `{${key}}:hash`;
    const slot = slotOf(key);
    const [from, to] = [cluster.node(0), cluster.node(1)];
    await client.set(key, "1");
    await client.hset(hash, "f", "1");
    expect(await read(key)).toEqual(text("1"));

    await cluster.setImporting(slot, from, to);
    await cluster.setMigrating(slot, from, to);
    expect(await read(key, "set")).toEqual(text("1"));
    expect(await read(`{${key}}:absent`, "set")).toEqual({ value: null });
    expect(await read(`{${key}}:absent`, "del")).toEqual({ value: null });
    await cluster.migrateKeys(slot, from, to);
    // The slot is still the old owner's, its keys are on the new one: ASK.
    expect(await read(key, "set")).toEqual(text("1"));
    expect((await read(hash, "hset")).value).toEqual({ type: "hash", data: { f: "1" } });
    await cluster.assignSlot(slot, from, to);
    await to.client.set(key, "2");
    expect(await read(key, "set")).toEqual(text("2"));
    expect((await read(hash, "hset")).value).toEqual({ type: "hash", data: { f: "1" } });
    await cluster.waitUntilStable();
    await move(slot, to, from);
  });

  it("answers what was written before, while a slot moves back and forth under load", async () => {
    const key = await cluster.keyFor(0, "moving:");
    const slot = slotOf(key);
    let state: "moving" | "done" = "moving";
    let reads = 0;
    const wrong: string[] = [];
    const reading = (async () => {
      for (; state === "moving"; reads++) {
        const written = String(await client.incr(key));
        const { value } = await read(key, "incrby");
        if (value === null || !("data" in value) || value.data !== written) {
          wrong.push(`${JSON.stringify(value)} after ${written}`);
        }
      }
    })();
    try {
      for (let turn = 0; turn < 2 || reads < 200; turn++) {
        await move(slot, cluster.node(0), cluster.node(1));
        await move(slot, cluster.node(1), cluster.node(0));
      }
    } finally {
      state = "done";
    }
    await reading;
    expect(wrong).toEqual([]);
  });

  it("gives snapshots of all primaries, sorted, none twice", async () => {
    const names = Array.from(
      { length: 300 },
      (_, index) => `snap:${String(index).padStart(3, "0")}`,
    );
    for (const name of names) await client.set(name, name);
    const taken = await opened.values.snapshot(parseChannel("prefix:snap:"), 1_000);
    expect(taken.truncated).toBe(false);
    expect(taken.entries).toEqual(names.map((key) => ({ key, ...text(key) })));
    const few = await opened.values.snapshot(parseChannel("pattern:snap:?[05]*"), 1_000);
    expect(few.entries.map(({ key }) => key)).toEqual(
      names.filter((name) => /^snap:.[05]/.test(name)),
    );
  });

  it("says of a snapshot that a moving slot makes uncertain that keys may be missing", async () => {
    const key = await cluster.keyFor(0, "snapmove:");
    await client.set(key, "1");
    const slot = slotOf(key);
    const [from, to] = [cluster.node(0), cluster.node(1)];
    await cluster.setImporting(slot, from, to);
    await cluster.setMigrating(slot, from, to);
    await cluster.migrateKeys(slot, from, to);
    const taken = await opened.values.snapshot(parseChannel("prefix:snapmove:"), 10);
    expect(taken).toEqual({ entries: [{ key, ...text("1") }], truncated: true });
    await cluster.assignSlot(slot, from, to);
    await cluster.waitUntilStable();
    await move(slot, to, from);
  });

  it("is read again after a failover, and what was asked meanwhile is not left hanging", async () => {
    const key = await cluster.keyFor(2, "failover:");
    await client.set(key, "1");
    const [replica] = await cluster.replicasOf(cluster.node(2));
    if (replica === undefined) throw new Error("node 2 has no replica");
    await waitFor(
      async () => (await replica.client.info("replication")).includes("link_status:up"),
      {
        what: "the replica to follow",
      },
    );
    expect(await read(key)).toEqual(text("1"));
    await cluster.node(2).kill();
    const asked = Date.now();
    const meanwhile = await read(key, "set").catch((error: { code: string }) => error.code);
    expect(Date.now() - asked).toBeLessThan(9_000);
    expect([text("1"), "unavailable"]).toContainEqual(meanwhile);
    await waitFor(() => read(key, "set"), { what: "the key on its new primary", deadline: 30_000 });
    expect(await read(key, "set")).toEqual(text("1"));
  });
});
