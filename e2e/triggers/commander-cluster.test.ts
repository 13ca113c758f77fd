import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  hold,
  type RedisCluster,
  type RedisNode,
  slotOf,
  startCluster,
  waitFor,
} from "../support/index.js";
import { type Asking, commanderOf } from "./commander-of.js";

let cluster: RedisCluster;
let client: Cluster;
let ask: Asking;

beforeAll(async () => {
  cluster = await startCluster({
    primaries: 3,
    replicas: 3,
    args: ["--notify-keyspace-events", "KEAm"],
  });
  client = new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port })));
  hold(() => client.disconnect());
  ask = commanderOf(cluster.url);
}, 120_000);

afterAll(async () => {
  ask?.close();
  client?.disconnect();
  await cluster?.stop();
});

/** What one node's own listener hears of marks and keys. */
async function listenTo(node: RedisNode): Promise<string[]> {
  const heard: string[] = [];
  const listener = new Redis({ port: node.port });
  hold(() => listener.disconnect());
  listener.on("message", (_channel, message: string) => heard.push(message));
  listener.on("pmessage", (_pattern, channel: string, event: string) => {
    heard.push(`${channel.split(":").slice(1).join(":")} ${event}`);
  });
  await listener.subscribe("{keywire}:marks");
  await listener.psubscribe("__keyspace@0__:*");
  return heard;
}

describe("in a cluster a command goes", () => {
  it("to its key's own node, wherever the key stands among its words", async () => {
    for (const node of [0, 1, 2]) {
      const key = await cluster.keyFor(node, "own:");
      expect(await ask(["set", key, "x"])).toBe("+OK\r\n");
      expect(await ask(["object", "encoding", key])).toContain("embstr");
      expect(await ask(["xadd", `{${key}}:s`, "1-1", "f", "v"])).toContain("1-1");
      expect(await ask(["xread", "count", "1", "streams", `{${key}}:s`, "0"])).toContain("1-1");
      expect(await ask(["zunionstore", `{${key}}:z`, "1", `{${key}}:none`])).toBe(":0\r\n");
      expect(await ask(["zdiff", "1", `{${key}}:none`])).toBe("*0\r\n");
      expect(await client.get(key)).toBe("x");
    }
  });

  it("with bytes for a key as well, and to any node without one", async () => {
    const key = Buffer.from([0xff, 0x00, 0x0d, 0x0a]);
    expect(await ask(["set", key, "bytes"])).toBe("+OK\r\n");
    expect(await client.get(key)).toBe("bytes");
    expect(await ask("time")).toMatch(/^\*2/);
  });

  it("to the node that is asked for", async () => {
    expect([...(await ask.nodes())].sort()).toEqual(
      (await cluster.primaries()).map(({ id }) => id).sort(),
    );
    for (const node of [0, 1, 2]) {
      const { id } = cluster.node(node);
      expect(await ask("cluster myid", { node: id })).toContain(id);
      expect(await ask.nodeOf(await cluster.keyFor(node, "asked:"))).toBe(id);
    }
  });

  it("with several keys only where they are together", async () => {
    const [a, b] = [await cluster.keyFor(0, "a:"), await cluster.keyFor(1, "b:")];
    expect(await ask(["mset", a, "1", b, "2"])).toMatch(/^-CROSSSLOT/);
  });

  it("between marks that name the node, so that other nodes' can be told apart", async () => {
    const key = await cluster.keyFor(1, "marked:");
    const own = cluster.node(1);
    const [there, elsewhere] = [await listenTo(own), await listenTo(cluster.node(0))];
    await ask(["set", key, "x"], { origin: "trigger:lib.marked" });
    const { id } = own;
    const marks = [`begin ${id} trigger:lib.marked`, `end ${id}`];
    // A cluster tells marks on all its nodes, those of other ones' commands perhaps only now: as
    // links do, what names another node is passed over.
    const from = (heard: readonly string[]) => {
      const own = heard.filter((text) => !/^(begin|end) /.test(text) || text.includes(id));
      const begin = own.indexOf(marks[0] ?? "");
      return begin < 0 ? [] : own.slice(begin);
    };
    await waitFor(() => [there, elsewhere].every((heard) => from(heard).includes(marks[1] ?? "")), {
      what: "the marks",
    });
    expect(from(there)).toEqual([marks[0], `${key} set`, marks[1]]);
    expect(from(elsewhere)).toEqual(marks);
  });
});

describe("keys that move", () => {
  it("are followed step by step while their slot moves, and marked as done where it is done", async () => {
    const key = await cluster.keyFor(0, "step:");
    const late = `{${key}}:late`;
    const slot = slotOf(key);
    const [from, to] = [cluster.node(0), cluster.node(1)];
    expect(await ask(["incr", key])).toBe(":1\r\n");
    await cluster.setImporting(slot, from, to);
    await cluster.setMigrating(slot, from, to);
    // What is still there is done there; what is new is done on the other side, with ASK.
    expect(await ask(["incr", key])).toBe(":2\r\n");
    const heard = await listenTo(to);
    expect(await ask(["incr", late])).toBe(":1\r\n");
    await waitFor(() => heard.length >= 3, { what: "the marks on the other side" });
    expect(heard.filter((text) => !text.startsWith(`begin ${from.id}`)).slice(-3)).toEqual([
      `begin ${to.id} trigger:lib.test`,
      `${late} incrby`,
      `end ${to.id}`,
    ]);
    await cluster.migrateKeys(slot, from, to);
    expect(await ask(["incr", key])).toBe(":3\r\n");
    await cluster.assignSlot(slot, from, to);
    expect(await ask(["incr", key])).toBe(":4\r\n");
    await cluster.waitUntilStable();
    expect(await ask(["incr", late])).toBe(":2\r\n");
  });

  it("have a command about two of them wait until both are on one side", async () => {
    const key = await cluster.keyFor(0, "both:");
    const other = `{${key}}:other`;
    const slot = slotOf(key);
    const [from, to] = [cluster.node(0), cluster.node(1)];
    await client.mset(key, "1", other, "2");
    await cluster.setImporting(slot, from, to);
    await cluster.setMigrating(slot, from, to);
    await from.client.call("MIGRATE", to.host, to.port, key, 0, 5_000);
    const reply = ask(["mget", key, other]);
    await cluster.migrateKeys(slot, from, to);
    await cluster.assignSlot(slot, from, to);
    expect(await reply).toBe("*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
    await cluster.waitUntilStable();
  });

  it("go over to a promoted replica", async () => {
    const key = await cluster.keyFor(2, "failover:");
    const slot = slotOf(key);
    await ask(["set", key, "before"]);
    const primary = await cluster.primaryOf(slot);
    const [replica] = await cluster.replicasOf(primary);
    if (replica === undefined) throw new Error("no replica");
    await waitFor(
      async () => (await replica.client.call("DBSIZE")) === (await primary.client.call("DBSIZE")),
      {
        what: "the replica to have it all",
      },
    );
    await cluster.failover(replica);
    expect(await ask(["append", key, "+"])).toBe(":7\r\n");
    await cluster.waitUntilStable();
    expect(await client.get(key)).toBe("before+");
  });
});
