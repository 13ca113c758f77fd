import { type Keyspace, openKeyspace } from "@keywire/gateway/keyspace";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type RedisCluster, slotOf, startCluster, waitFor } from "../support/index.js";
import { record } from "./recorder.js";

let cluster: RedisCluster;
let keyspace: Keyspace;

beforeAll(async () => {
  cluster = await startCluster({ primaries: 3, replicas: 3 });
  keyspace = await openKeyspace({ redis: cluster.url });
}, 120_000);

afterAll(async () => {
  await keyspace?.close();
  await cluster?.stop();
});

afterEach(async () => {
  await waitFor(async () => (await upstream()).length === 0, { what: "nothing subscribed" });
});

/** What all primaries hold for the gateway, a line for each node and channel. */
async function upstream(): Promise<string[]> {
  const lines: string[] = [];
  for (const node of await cluster.primaries()) {
    const channels = (await node.client.pubsub("CHANNELS")) as string[];
    const patterns = Number(await node.client.pubsub("NUMPAT"));
    lines.push(
      ...channels.filter((name) => name.startsWith("__key")),
      ...Array(patterns).fill("pattern"),
    );
  }
  return lines;
}

const node = (index: number) => cluster.node(index).client;

/** A key on node 1 with a neighbour in its slot that does not exist yet. */
async function movable(prefix: string) {
  const key = await cluster.keyFor(0, prefix);
  await node(0).set(key, "0");
  return { key, fresh: `{${key}}:fresh`, slot: slotOf(key) };
}

async function beginMove(slot: number): Promise<void> {
  await cluster.setImporting(slot, cluster.node(0), cluster.node(1));
  await cluster.setMigrating(slot, cluster.node(0), cluster.node(1));
}

/** Changes both keys in every phase of a move that has begun, and ends it. */
async function liveThroughMove(key: string, fresh: string, slot: number): Promise<void> {
  await node(0).append(key, "on the source");
  await node(1).call("ASKING");
  await node(1).set(fresh, "by ASK");
  await cluster.migrateKeys(slot, cluster.node(0), cluster.node(1));
  await node(1).call("ASKING");
  await node(1).append(key, "on the target");
  await cluster.assignSlot(slot, cluster.node(0), cluster.node(1));
  await node(1).append(key, "owned");
  await node(1).del(key);
}

async function listenedToOnTarget(key: string): Promise<void> {
  await waitFor(
    async () =>
      ((await node(1).pubsub("CHANNELS", `__keyspace@0__:*${key}*`)) as string[]).length === 2,
    { what: "the target to be listened to as well" },
  );
}

/** Until the gateway has looked at the cluster from beginning to end. */
async function lookedAgain(): Promise<void> {
  const looks = async () =>
    Number(/cluster\|nodes:calls=(\d+)/.exec(await node(0).info("commandstats"))?.[1] ?? 0);
  const before = await looks();
  await waitFor(async () => (await looks()) >= before + 2, { what: "two looks at the cluster" });
}

const lifeOf = (key: string) =>
  ["append", "append", "append", "del"].map((event) => `${event} ${key}`);

async function moveBack(slot: number): Promise<void> {
  await cluster.moveSlot(slot, cluster.node(1), cluster.node(0));
  await cluster.waitUntilStable();
  // That the slot has come back is of no concern to those who subscribe from here on.
  await lookedAgain();
}

describe("a cluster of three primaries and three replicas", () => {
  it("is told whole: three ready primaries that own every slot", () => {
    expect(keyspace.problems()).toEqual([]);
    expect(keyspace.nodes().map(({ state }) => state)).toEqual(["ready", "ready", "ready"]);
    expect(keyspace.nodes().reduce((sum, { slots }) => sum + slots, 0)).toBe(16_384);
  });

  it("tells a key created and updated on node 1, from node 1 alone", async () => {
    const key = await cluster.keyFor(0, "one:");
    const { recorder, subscription } = await record(keyspace, `key:${key}`);
    expect(await upstream()).toEqual([`__keyspace@0__:${key}`]);
    await node(0).set(key, "1");
    await node(0).set(key, "2");
    await waitFor(() => recorder.count("set", key) === 2, { what: "two events" });
    expect(recorder.notifications[0]?.node).toBe(cluster.node(0).id);
    await subscription.unsubscribe();
  });

  it("tells an update on node 2 as an event of any key", async () => {
    const key = await cluster.keyFor(1, "two:");
    const { recorder, subscription } = await record(keyspace, "event:incrby");
    await node(1).incr(key);
    const { node: from } = await recorder.saw("incrby", key);
    expect(from).toBe(cluster.node(1).id);
    expect(recorder.count("incrby", key)).toBe(1);
    await subscription.unsubscribe();
  });

  it("tells a delete on node 3", async () => {
    const key = await cluster.keyFor(2, "three:");
    await node(2).set(key, "1");
    const { recorder, subscription } = await record(keyspace, `key:${key}`);
    await node(2).del(key);
    await recorder.saw("del", key);
    expect(recorder.log).toEqual([`del ${key}`]);
    await subscription.unsubscribe();
  });

  it("tells keys of all three nodes that match one pattern, each once", async () => {
    const keys = [0, 1, 2].map((index) => cluster.keyFor(index, "many:"));
    const [a = "", b = "", c = ""] = await Promise.all(keys);
    const { recorder, subscription } = await record(keyspace, "pattern:m?ny:*");
    await node(0).set(a, "1");
    await node(1).set(b, "1");
    await node(2).set(c, "1");
    for (const key of [a, b, c]) await recorder.saw("set", key);
    expect([...recorder.log].sort()).toEqual([a, b, c].map((key) => `set ${key}`).sort());
    await subscription.unsubscribe();
  });

  it("subscribes the same twice as one, and nothing when both left", async () => {
    const first = await record(keyspace, "prefix:twice:");
    const second = await record(keyspace, "prefix:twice:");
    expect(await upstream()).toEqual(["pattern", "pattern", "pattern"]);
    await first.subscription.unsubscribe();
    expect((await upstream()).length).toBe(3);
    await second.subscription.unsubscribe();
  });

  it("follows a slot from node 1 to node 2, nothing told twice, nothing lost", async () => {
    const key = await cluster.keyFor(0, "moving:");
    const slot = slotOf(key);
    const beside = `{${key}}:beside`;
    await node(0).set(key, "0");
    await node(0).set(beside, "0");
    const exact = await record(keyspace, `key:${key}`);
    const broad = await record(keyspace, "pattern:*moving:*");

    await node(0).append(key, "before");
    await cluster.moveSlot(slot, cluster.node(0), cluster.node(1));
    await node(1).append(key, "after");
    await node(1).set(beside, "after");

    await broad.recorder.saw("set", beside);
    await waitFor(() => broad.recorder.count("append", key) === 2, { what: "both appends" });
    expect(broad.recorder.count("append", key)).toBe(2);
    expect(broad.recorder.gaps).toEqual([]);
    // The key alone was listened to on its old owner, until the move was seen.
    await waitFor(
      () => exact.recorder.count("append", key) === 2 || exact.recorder.gaps.length === 1,
      { what: "the append after the move, or the gap that stands for it" },
    );
    await waitFor(
      async () => {
        await node(1).setrange(key, 0, "x");
        return exact.recorder.count("setrange", key) > 0;
      },
      { what: "the exact key on its new owner" },
    );
    expect(exact.recorder.count("append", key)).toBeLessThanOrEqual(2);
    await exact.subscription.unsubscribe();
    await broad.subscription.unsubscribe();
    await moveBack(slot);
  });

  it("shows an orderly migration as no change to those who listen to the keys alone", async () => {
    const { key, fresh, slot } = await movable("narrow:");
    const exact = await record(keyspace, `key:${key}`);
    const unborn = await record(keyspace, `key:${fresh}`);
    await cluster.setImporting(slot, cluster.node(0), cluster.node(1));
    await listenedToOnTarget(key);
    await lookedAgain();
    await cluster.setMigrating(slot, cluster.node(0), cluster.node(1));
    await liveThroughMove(key, fresh, slot);
    await exact.recorder.saw("del", key);
    expect(exact.recorder.log).toEqual(lifeOf(key));
    expect(unborn.recorder.log).toEqual([`set ${fresh}`]);
    await exact.subscription.unsubscribe();
    await unborn.subscription.unsubscribe();
    await moveBack(slot);
  });

  it("begun at once, costs a gap where a key was not there before both sides were listened to", async () => {
    const { key, fresh, slot } = await movable("hasty:");
    const exact = await record(keyspace, `key:${key}`);
    const unborn = await record(keyspace, `key:${fresh}`);
    await beginMove(slot);
    await listenedToOnTarget(key);
    await waitFor(() => unborn.recorder.gaps.length > 0, { what: "a gap" });
    await liveThroughMove(key, fresh, slot);
    await exact.recorder.saw("del", key);
    await unborn.recorder.saw("set", fresh);
    expect(exact.recorder.log).toEqual(lifeOf(key));
    expect(unborn.recorder.log).toEqual(["gap slot_moved", `set ${fresh}`]);
    await exact.subscription.unsubscribe();
    await unborn.subscription.unsubscribe();
    await moveBack(slot);
  });

  it("shows an orderly migration as no change to those who listen to patterns and events", async () => {
    const { key, fresh, slot } = await movable("broad:");
    const names = ["pattern:*broad:*", "event:del", "event:restore"];
    const all = await Promise.all(names.map((name) => record(keyspace, name)));
    const [broad, deletes, restores] = all.map(({ recorder }) => recorder);
    await beginMove(slot);
    await liveThroughMove(key, fresh, slot);
    await broad?.saw("del", key);
    await deletes?.saw("del", key);
    expect(broad?.log.filter((line) => line.endsWith(key))).toEqual(lifeOf(key));
    expect(deletes?.log).toEqual([`del ${key}`]);
    expect(restores?.log).toEqual([]);
    expect(all.flatMap(({ recorder }) => recorder.gaps)).toEqual([]);
    for (const { subscription } of all) await subscription.unsubscribe();
    await moveBack(slot);
  });

  it("hears of a key miss, a rename and an expiry through one firehose", async () => {
    const key = await cluster.keyFor(0, "fire:");
    const { recorder, subscription } = await record(keyspace, "prefix:");
    await node(0).set(key, "1");
    await node(0).pexpire(key, 20);
    await waitFor(async () => (await node(0).get(key)) === null, { what: "the key to expire" });
    await recorder.saw("expired", key);
    expect(recorder.log.filter((line) => line.endsWith(key))).toEqual([
      `set ${key}`,
      `expire ${key}`,
      `expired ${key}`,
    ]);
    await subscription.unsubscribe();
  });
});
