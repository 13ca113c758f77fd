import { beforeAll, describe, expect, it } from "vitest";
import {
  type RabbitMq,
  startCluster,
  startRabbitMq,
  startRedis,
  waitFor,
} from "../support/index.js";
import { expectAllInOrder } from "./expectations.js";
import { type ForwardingGateway, sharing, startForwarding } from "./gateway.js";
import { clusterClient, Ledger } from "./ledger.js";
import { bindQueue, Inbox } from "./queue.js";

/** Events a second. */
const LOAD = 500;

let broker: RabbitMq;

beforeAll(async () => {
  broker = await startRabbitMq();
}, 120_000);

async function atRest(gateways: readonly ForwardingGateway[]): Promise<void> {
  for (const { sink } of gateways) {
    await waitFor(
      async () => {
        const { fallback, memory, inFlight } = await sink();
        return fallback.length + memory.events + inFlight === 0;
      },
      { what: "all to be sent", deadline: 60_000 },
    );
  }
}

describe("two gateways", () => {
  it("forward each event once between them, and go on where one is killed", async () => {
    const redis = await startRedis();
    await bindQueue(broker, "pair");
    const first = await startForwarding(redis.url, broker, "pair");
    const second = await startForwarding(redis.url, broker, "pair");
    await sharing([first, second]);
    const ledger = new Ledger(redis.client);
    await ledger.write(20);
    await atRest([first, second]);
    const early = await Inbox.of(broker, "pair", ledger.total);
    expect(early.messages.length).toBe(ledger.total);
    expectAllInOrder(early, ledger);
    for (const { sink } of [first, second]) {
      expect((await sink()).counts["confirmed"]).toBeGreaterThan(0);
    }

    const later = new Ledger(redis.client);
    later.written.fill(20);
    later.start(LOAD);
    // For long enough that all that happened before the second one listened is known to be done.
    const end = later.total + 6 * LOAD;
    await waitFor(() => later.total > end, { what: "writes", deadline: 60_000 });
    await first.kill();
    await sharing([second]);
    await later.stop();
    await atRest([second]);
    expect((await second.sink()).lost.stretches).toEqual({});
    const inbox = await Inbox.of(broker, "pair", later.total - ledger.total);
    for (const [tag, count] of later.written.entries()) {
      expect(inbox.numbersOf(tag)).toEqual(Array.from({ length: count - 20 }, (_, n) => n + 20));
    }
    // What the dead one had sent and not said yet was handed out again, and is counted.
    expect(inbox.repeated).toBeLessThanOrEqual((await second.sink()).counts["repeated"] ?? 0);
    await second.stop();
  }, 180_000);

  it("hand over in order while one's events stand in the fallback", async () => {
    const redis = await startRedis();
    await bindQueue(broker, "handed");
    const first = await startForwarding(redis.url, broker, "handed");
    await sharing([first]);
    const ledger = new Ledger(redis.client);
    await first.ask("/disconnect", "POST");
    await ledger.write(20);
    await waitFor(async () => (await first.sink()).fallback.length === ledger.total, {
      what: "the events in the fallback",
    });
    const second = await startForwarding(redis.url, broker, "handed");
    await sharing([first, second]);
    ledger.start(LOAD);
    await second.ask("/connect", "POST");
    await waitFor(() => ledger.total > 1_000, { what: "writes" });
    await first.stop();
    await ledger.stop();
    await atRest([second]);
    const inbox = await Inbox.of(broker, "handed", ledger.total);
    expectAllInOrder(inbox, ledger);
    expect(inbox.repeated).toBe(0);
    await second.stop();
  }, 180_000);
});

describe("a cluster of three primaries", () => {
  it("has every primary's events forwarded once, replicas' never, through a failover", async () => {
    const cluster = await startCluster();
    await bindQueue(broker, "cluster");
    const gateway = await startForwarding(cluster.url, broker, "cluster");
    await sharing([gateway]);
    const ledger = new Ledger(clusterClient(cluster.url));
    await ledger.write(30);
    await atRest([gateway]);
    const before = await Inbox.of(broker, "cluster", ledger.total);
    expect(before.messages.length).toBe(ledger.total);
    expectAllInOrder(before, ledger);
    const nodes = new Set(before.messages.map(({ headers }) => headers?.["node"]));
    expect(nodes.size).toBe(3);

    const [victim] = await cluster.primaries();
    await victim?.kill();
    await waitFor(async () => (await gateway.sink()).lost.stretches["source"] !== undefined, {
      what: "the failover to be told as a stretch in which events may be missing",
      deadline: 60_000,
    });
    const after = new Ledger(clusterClient(cluster.url));
    after.written.fill(1_000);
    await after.write(30);
    await atRest([gateway]);
    const inbox = await Inbox.of(broker, "cluster", after.total - 20_000);
    for (const tag of after.written.keys()) {
      expect(inbox.numbersOf(tag)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1_000));
    }
    expect(inbox.repeated).toBeLessThanOrEqual((await gateway.sink()).counts["repeated"] ?? 0);
    await gateway.stop();
  }, 240_000);
});
