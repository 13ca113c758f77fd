import {
  encodeBegin,
  encodeEnd,
  type Fence,
  type Keyspace,
  MARKS_CHANNEL,
  openKeyspace,
} from "@keywire/gateway/keyspace";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { slotOf, startCluster, startRedis, waitFor } from "../support/index.js";
import { record } from "./recorder.js";

const WRITES = 20_000;
/** Commands under way at once. */
const PIPELINE = 200;
const ORIGIN = "trigger:library.consumer";

interface Deployment {
  readonly redis: string;
  /** For writers that mark nothing. */
  readonly client: Redis | Cluster;
  /** Where a key is, with the name that marks use. */
  ownerOf(key: string): { readonly connection: Redis; readonly id: string | undefined };
  stop(): Promise<void>;
}

async function standalone(): Promise<Deployment> {
  const server = await startRedis();
  const client = new Redis({ port: server.node.port });
  const connection = new Redis({ port: server.node.port });
  return {
    redis: server.url,
    client,
    ownerOf: () => ({ connection, id: undefined }),
    stop: async () => {
      client.disconnect();
      connection.disconnect();
      await server.stop();
    },
  };
}

async function cluster(): Promise<Deployment> {
  const servers = await startCluster({ primaries: 3, replicas: 0 });
  const client = new Cluster(servers.nodes.map(({ host, port }) => ({ host, port })));
  const owners = await Promise.all(
    servers.nodes.map(async ({ host, port }) => {
      const connection = new Redis({ host, port });
      const id = String(await connection.cluster("MYID"));
      return { connection, id, port };
    }),
  );
  const slots = (await client.cluster("SLOTS")) as unknown as [number, number, [string, number]][];
  const ownerOf = (key: string) => {
    const slot = slotOf(key);
    const range = slots.find(([first, last]) => slot >= first && slot <= last);
    const owner = owners.find(({ port }) => port === range?.[2][1]);
    if (owner === undefined) throw new Error(`nobody owns ${key}`);
    return owner;
  };
  return {
    redis: servers.url,
    client,
    ownerOf,
    stop: async () => {
      client.disconnect();
      for (const { connection } of owners) connection.disconnect();
      await servers.stop();
    },
  };
}

describe.each([
  ["a standalone server", standalone],
  ["a cluster", cluster],
] as const)("marks on %s", (_, start) => {
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

  async function writeOwn(key: string, value: string): Promise<void> {
    const { connection, id } = deployment.ownerOf(key);
    await connection
      .multi()
      .publish(MARKS_CHANNEL, encodeBegin(id, ORIGIN))
      .set(key, value)
      .publish(MARKS_CHANNEL, encodeEnd(id))
      .exec();
  }

  /** Writes with so many commands under way, whose turns mix. */
  async function spread(write: (index: number) => Promise<unknown>): Promise<void> {
    let next = 0;
    const work = async () => {
      while (next < WRITES) await write(next++);
    };
    await Promise.all(Array.from({ length: PIPELINE }, work));
  }

  it(`attributes ${WRITES} own writes among ${WRITES} foreign ones, each one right`, async () => {
    const { recorder, subscription } = await record(keyspace, "prefix:w:");
    // Both write the same keys, so that nothing but the marks tells whose an event is.
    await Promise.all([
      spread((index) => writeOwn(`w:${index % 1_000}`, `${index}`)),
      spread((index) => deployment.client.append(`w:${index % 1_000}`, "x")),
    ]);
    await waitFor(() => recorder.notifications.length >= 2 * WRITES, { what: "all events" });
    const counts = new Map<string, number>();
    for (const { event, origin } of recorder.notifications) {
      const kind = `${event} by ${origin}`;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({
      [`set by ${ORIGIN}`]: WRITES,
      "append by undefined": WRITES,
    });
    await subscription.unsubscribe();
  }, 120_000);

  it("tells one event of two overlapping subscriptions as one", async () => {
    const first = await record(keyspace, "pattern:o:*");
    const second = await record(keyspace, "pattern:*:p");
    for (let index = 0; index < 5; index++) await deployment.client.set("o:p", "1");
    await waitFor(() => second.recorder.notifications.length === 5, { what: "five events" });
    const told = first.recorder.notifications;
    expect(new Set(told).size).toBe(5);
    expect(second.recorder.notifications).toEqual(told);
    second.recorder.notifications.forEach((notification, index) => {
      expect(notification).toBe(told[index]);
    });
    await first.subscription.unsubscribe();
    await second.subscription.unsubscribe();
  });

  it("tells fences of all nodes, each between the events that it stands between", async () => {
    const told: string[] = [];
    const stop = keyspace.listenToFences({
      raised: () => {},
      passed: ({ node, id, note }: Fence) => told.push(`${node} ${id} ${note}`),
    });
    const { recorder, subscription } = await record(keyspace, "prefix:f:");
    const nodes = keyspace.nodes().map(({ id }) => id);
    for (let round = 0; round < 20; round++) {
      await deployment.client.set(`f:${round}`, "1");
      await Promise.all(
        nodes.map((node) => keyspace.raiseFence(node, `${node}-${round}`, "a note")),
      );
    }
    await deployment.client.set("f:20", "1");
    await recorder.saw("set", "f:20");
    await waitFor(() => told.length === 20 * nodes.length, { what: "all fences" });
    const expected = nodes.flatMap((node) =>
      Array.from({ length: 20 }, (_, round) => `${node} ${node}-${round} a note`),
    );
    expect(told.sort()).toEqual(expected.sort());
    for (const { node, key, after } of recorder.notifications) {
      const round = Number(key.toString().slice(2));
      expect(after).toMatch(round === 0 ? /^link-/ : new RegExp(`^${node}-${round - 1}$`));
    }
    stop();
    await subscription.unsubscribe();
  });
});
