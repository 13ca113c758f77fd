import { type Keyspace, openKeyspace } from "@keywire/gateway/keyspace";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, startRedis } from "../support/index.js";
import { record } from "./recorder.js";

/** A deployment to run the same suite on: its address, the database that is meant, and a client. */
interface Deployment {
  readonly redis: string;
  readonly db: number;
  readonly client: Redis | Cluster;
  stop(): Promise<void>;
}

async function standalone(db: number): Promise<Deployment> {
  const server = await startRedis();
  const client = new Redis({ port: server.node.port, db });
  const stop = async () => {
    client.disconnect();
    await server.stop();
  };
  return { redis: server.url, db, client, stop };
}

async function cluster(): Promise<Deployment> {
  const servers = await startCluster({ primaries: 3, replicas: 0 });
  const client = new Cluster(servers.nodes.map(({ host, port }) => ({ host, port })));
  const stop = async () => {
    client.disconnect();
    await servers.stop();
  };
  return { redis: servers.url, db: 0, client, stop };
}

describe.each([
  ["a standalone server", () => standalone(0)],
  ["database 3 of a standalone server", () => standalone(3)],
  ["a cluster", cluster],
] as const)("%s", (_, start) => {
  let deployment: Deployment;
  let keyspace: Keyspace;

  beforeAll(async () => {
    deployment = await start();
    keyspace = await openKeyspace({ redis: deployment.redis });
  }, 120_000);

  afterAll(async () => {
    await keyspace?.close();
    await deployment?.stop();
  });

  /** `key:a` as a channel of the deployment's database. */
  const channel = (kind: string, rest: string) => `${kind}@${deployment.db}:${rest}`;

  it("tells a key created and updated, each event once", async () => {
    const { recorder, subscription } = await record(keyspace, channel("key", "one"));
    await deployment.client.set("one", "1");
    await deployment.client.append("one", "2");
    const { db } = await recorder.saw("append", "one");
    expect(db).toBe(deployment.db);
    expect(recorder.log).toEqual(["set one", "append one"]);
    await subscription.unsubscribe();
  });

  it("tells an update as an event of any key", async () => {
    const { recorder, subscription } = await record(keyspace, channel("event", "incrby"));
    await deployment.client.incr("two");
    await recorder.saw("incrby", "two");
    expect(recorder.log).toEqual(["incrby two"]);
    await subscription.unsubscribe();
  });

  it("tells a delete", async () => {
    await deployment.client.set("three", "1");
    const { recorder, subscription } = await record(keyspace, channel("key", "three"));
    await deployment.client.del("three");
    await recorder.saw("del", "three");
    expect(recorder.log).toEqual(["del three"]);
    await subscription.unsubscribe();
  });

  it("tells keys anywhere that match a pattern, and not those that do not", async () => {
    const { recorder, subscription } = await record(keyspace, channel("pattern", "m[ae]ny:?"));
    const keys = ["many:1", "meny:2", "many:3"];
    for (const key of [...keys, "miny:4", "many:55"]) await deployment.client.set(key, "1");
    for (const key of keys) await recorder.saw("set", key);
    expect([...recorder.log].sort()).toEqual(keys.map((key) => `set ${key}`).sort());
    await subscription.unsubscribe();
  });

  it("serves the same subscription twice by one upstream, and by none when both left", async () => {
    const first = await record(keyspace, channel("prefix", "twice:"));
    const second = await record(keyspace, channel("prefix", "twice:"));
    expect(keyspace.feeds()).toHaveLength(1);
    await deployment.client.set("twice:1", "1");
    await first.recorder.saw("set", "twice:1");
    await second.recorder.saw("set", "twice:1");
    await first.subscription.unsubscribe();
    expect(keyspace.feeds()).toHaveLength(1);
    await second.subscription.unsubscribe();
    expect(keyspace.feeds()).toEqual([]);
  });
});
