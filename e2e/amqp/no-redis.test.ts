import type { Cluster } from "ioredis";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  type RabbitMq,
  type RedisCluster,
  type RedisNode,
  slotOf,
  startCluster,
  startRabbitMq,
  waitFor,
} from "../support/index.js";
import { type ForwardingGateway, sharing, startForwarding } from "./gateway.js";
import { clusterClient, keyOf } from "./ledger.js";
import { bindQueue, Inbox } from "./queue.js";

/** Tags whose keys no death of the fallback's node touches. */
const TAGS = 20;
/** Bytes: the least that can be set. */
const MEMORY = 1_048_576;

let broker: RabbitMq;
let cluster: RedisCluster;
/** Where the fallback is, and the leases. */
let home: RedisNode;
let tags: readonly number[];
let gateway: ForwardingGateway;
/** Connected while all nodes answer: one that begins with a paused one waits for it. */
let client: Cluster;

beforeAll(async () => {
  broker = await startRabbitMq();
}, 120_000);

afterEach(async () => {
  client.disconnect();
  await gateway.kill();
  await cluster.stop();
});

async function begin(queue: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
  cluster = await startCluster();
  home = await cluster.primaryOf(slotOf("{keywire}:"));
  tags = await tagsElsewhere();
  client = clusterClient(cluster.url);
  await client.ping();
  await bindQueue(broker, queue);
  gateway = await startForwarding(cluster.url, broker, queue, env);
  await sharing([gateway]);
}

async function tagsElsewhere(): Promise<number[]> {
  const found: number[] = [];
  for (let tag = 0; found.length < TAGS; tag++) {
    if ((await cluster.primaryOf(slotOf(keyOf(tag, 0)))) !== home) found.push(tag);
  }
  return found;
}

/** Writes each tag's keys from one number to another, in their order. */
async function write(from: number, to: number): Promise<void> {
  for (let number = from; number < to; number++) {
    await Promise.all(tags.map((tag) => client.set(keyOf(tag, number), "1")));
  }
}

async function settled(): Promise<void> {
  await waitFor(
    async () => {
      const { fallback, memory, inFlight, connection } = await gateway.sink();
      const left = fallback.length + memory.events + inFlight;
      if (connection.state === "connected" && left === 0) return true;
      throw new Error(`${connection.state}, ${left} left: ${gateway.output().slice(-1_000)}`);
    },
    { what: "all to be sent", deadline: 60_000 },
  );
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

describe("the broker is away, and so is the Redis that the fallback is in", () => {
  it.each(["drop_oldest", "drop_newest"])(
    "memory takes what it holds, and what it does not is counted with its time: %s",
    async (policy) => {
      // The leases are on that node as well: they are to outlive its absence.
      await begin(`away-${policy}`, {
        KEYWIRE_AMQP_MEMORY_BYTES: String(MEMORY),
        KEYWIRE_AMQP_FALLBACK_POLICY: policy,
        KEYWIRE_LEASE_TTL: "60s",
      });
      // Paused, it keeps its data and answers nobody; no replica is to take its place.
      const replicas = await cluster.replicasOf(home);
      for (const replica of replicas) {
        await replica.client.config("SET", "cluster-replica-no-failover", "yes");
      }
      await write(0, 10);
      await settled();
      await broker.kill();
      home.pause();
      const before = Date.now();
      await write(10, 400);
      const all = TAGS * 390;
      // The one place that is left fills up, and no further.
      await waitFor(
        async () => {
          const { memory, lost } = await gateway.sink();
          expect(memory.bytes).toBeLessThanOrEqual(MEMORY);
          return memory.events + (lost.events["memory_full"] ?? 0) === all;
        },
        { what: "all events in memory, or counted", deadline: 30_000 },
      );
      const after = Date.now();
      const { lost } = await gateway.sink();
      const count = lost.events["memory_full"] ?? 0;
      expect(count).toBeGreaterThan(1_000);
      expect(count).toBeLessThan(all - 1_000);
      const stretches = lost.recent.filter(({ reason }) => reason === "memory_full");
      expect(stretches.reduce((sum, stretch) => sum + (stretch.count ?? 0), 0)).toBe(count);
      for (const { from, to } of stretches) {
        expect(from).toBeGreaterThanOrEqual(before);
        expect(to).toBeLessThanOrEqual(after);
      }
      expect(gateway.output()).toContain("neither the broker nor Redis takes them");

      home.resume();
      await broker.start();
      await write(400, 410);
      await settled();
      const inbox = await Inbox.of(broker, `away-${policy}`, TAGS * 410 - count);
      expect(inbox.distinct).toBe(TAGS * 410 - count);
      // A node that is silent for 3 s may have told less than it had to: that has no number.
      const { source = 0, ...counted } = (await gateway.sink()).lost.events;
      expect([source, counted]).toEqual([0, { memory_full: count }]);
      for (const tag of tags) {
        const numbers = inbox.numbersOf(tag);
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
        // What came before both were away, and when they were back, is all there.
        expect(numbers.slice(0, 10)).toEqual(range(0, 10));
        expect(numbers.slice(-10)).toEqual(range(400, 410));
      }
    },
    240_000,
  );
});

describe("a failover of the node that the fallback is in", () => {
  it("loses what no replica had, and that is counted; the rest is sent in order", async () => {
    const queue = "failover";
    await begin(queue);
    await gateway.ask("/disconnect", "POST");
    await write(0, 20);
    const stored = async (count: number) => {
      await waitFor(async () => (await gateway.sink()).fallback.length === count, {
        what: `${count} events in the fallback`,
        deadline: 30_000,
      });
    };
    await stored(20 * TAGS);
    const [replica] = await cluster.replicasOf(home);
    if (replica === undefined) throw new Error("the fallback's node has no replica");
    // Cut off while it can read nothing: what follows never comes to it.
    await home.client.wait(1, 10_000);
    replica.pause();
    await home.client.call("CLIENT", "KILL", "TYPE", "replica");
    const before = Date.now();
    await write(20, 50);
    await stored(50 * TAGS);
    await home.kill();
    replica.resume();
    await replica.client.call("CLUSTER", "FAILOVER", "TAKEOVER");
    await waitFor(async () => (await gateway.sink()).lost.events["redis_lost"] !== undefined, {
      what: "the loss to be counted",
      deadline: 60_000,
    });
    const { lost } = await gateway.sink();
    expect(lost.events["redis_lost"]).toBe(30 * TAGS);
    const stretch = lost.recent.find(({ reason }) => reason === "redis_lost");
    expect(stretch).toMatchObject({ count: 30 * TAGS });
    expect(stretch?.to).toBeGreaterThanOrEqual(before);
    await gateway.ask("/connect", "POST");
    await write(50, 60);
    await settled();
    const inbox = await Inbox.of(broker, queue, 30 * TAGS);
    for (const tag of tags) {
      expect(inbox.numbersOf(tag)).toEqual([...range(0, 20), ...range(50, 60)]);
    }
  }, 240_000);
});
