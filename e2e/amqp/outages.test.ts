import { afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  type RabbitMq,
  type StandaloneRedis,
  startProxy,
  startRabbitMq,
  startRedis,
  waitFor,
} from "../support/index.js";
import { expectAllInOrder } from "./expectations.js";
import { type ForwardingGateway, sharing, startForwarding } from "./gateway.js";
import { Ledger } from "./ledger.js";
import { bindQueue, Inbox } from "./queue.js";

let broker: RabbitMq;
let redis: StandaloneRedis;
let gateway: ForwardingGateway | undefined;
let ledger: Ledger | undefined;

beforeAll(async () => {
  [broker, redis] = await Promise.all([startRabbitMq(), startRedis()]);
}, 120_000);

afterEach(async () => {
  await ledger?.stop();
  await gateway?.kill();
  await redis.client.flushall();
});

/** Events a second, which the machine can take beside everything else. */
const LOAD = 1_000;

async function begin(queue: string, env: Record<string, string> = {}, url = broker.url) {
  await bindQueue(broker, queue);
  gateway = await startForwarding(redis.url, { url }, queue, env);
  await sharing([gateway]);
  ledger = new Ledger(redis.client);
  return { gateway, ledger };
}

/** All has been sent, and the sink is at rest. */
async function settled(
  { sink }: ForwardingGateway,
  known: readonly string[] = ["fallback_full"],
): Promise<Record<string, number>> {
  const at = async () => {
    const { fallback, memory, inFlight, connection } = await sink();
    const isAtRest = fallback.length + memory.events + inFlight === 0;
    return connection.state === "connected" && isAtRest;
  };
  await waitFor(at, { what: "all to be sent", deadline: 60_000 }).catch(async (cause: unknown) => {
    throw new Error(`the sink is not at rest: ${JSON.stringify(await sink())}`, { cause });
  });
  const { counts, lost } = await sink();
  // Nothing was missed, by Redis' links either: where this fails, the machine was too slow for them.
  expect(Object.keys(lost.stretches).filter((reason) => !known.includes(reason))).toEqual([]);
  return { ...counts };
}

async function fallenBack({ sink }: ForwardingGateway, least = 1): Promise<void> {
  await waitFor(async () => (await sink()).fallback.length >= least, {
    what: "events in the fallback",
    deadline: 30_000,
  });
}

describe("under load, nothing is lost or out of order, and what is repeated is counted, when the broker", () => {
  it("is stopped and started", async () => {
    const { gateway, ledger } = await begin("stopped");
    ledger.start(LOAD);
    await waitFor(() => ledger.total > 500, { what: "writes" });
    await broker.shutDown();
    await fallenBack(gateway, 500);
    await broker.start();
    await waitFor(async () => (await gateway.sink()).connection.state === "connected", {
      what: "the connection",
      deadline: 30_000,
    });
    await ledger.stop();
    const counts = await settled(gateway);
    const inbox = await Inbox.of(broker, "stopped", ledger.total);
    expectAllInOrder(inbox, ledger);
    expect(inbox.repeated).toBeLessThanOrEqual(counts["repeated"] ?? 0);
  }, 180_000);

  it("is killed and started", async () => {
    const { gateway, ledger } = await begin("killed");
    ledger.start(LOAD);
    await waitFor(() => ledger.total > 500, { what: "writes" });
    await broker.kill();
    await fallenBack(gateway, 500);
    await broker.start();
    await ledger.stop();
    const counts = await settled(gateway);
    const inbox = await Inbox.of(broker, "killed", ledger.total);
    expectAllInOrder(inbox, ledger);
    expect(inbox.repeated).toBeLessThanOrEqual(counts["repeated"] ?? 0);
  }, 180_000);

  it("is frozen", async () => {
    const { gateway, ledger } = await begin("frozen");
    ledger.start(LOAD);
    await waitFor(() => ledger.total > 500, { what: "writes" });
    broker.pause();
    await fallenBack(gateway, 1_000);
    broker.resume();
    await ledger.stop();
    const counts = await settled(gateway);
    const inbox = await Inbox.of(broker, "frozen", ledger.total);
    expectAllInOrder(inbox, ledger);
    // What was under way arrived after all, and its copies were not sent.
    expect([inbox.repeated, counts["repeated"]]).toEqual([0, 0]);
  }, 120_000);

  it("is frozen for longer than the heartbeats allow", async () => {
    const { gateway, ledger } = await begin("dead", { KEYWIRE_AMQP_HEARTBEAT: "1" });
    ledger.start(LOAD);
    await waitFor(() => ledger.total > 500, { what: "writes" });
    broker.pause();
    await waitFor(async () => (await gateway.sink()).connection.state === "waiting", {
      what: "the connection to be given up",
      deadline: 20_000,
    });
    broker.resume();
    await ledger.stop();
    const counts = await settled(gateway);
    const inbox = await Inbox.of(broker, "dead", ledger.total);
    expectAllInOrder(inbox, ledger);
    expect(inbox.repeated).toBeLessThanOrEqual(counts["repeated"] ?? 0);
  }, 120_000);

  it("raises its memory alarm", async () => {
    const { gateway, ledger } = await begin("alarm");
    ledger.start(LOAD);
    await waitFor(() => ledger.total > 500, { what: "writes" });
    await broker.alarm("on");
    await waitFor(async () => (await gateway.sink()).connection.state === "blocked", {
      what: "the gateway to hear of it",
    });
    expect((await gateway.sink()).connection.reason).toContain("memory");
    await fallenBack(gateway, 500);
    await broker.alarm("off");
    await ledger.stop();
    const counts = await settled(gateway);
    const inbox = await Inbox.of(broker, "alarm", ledger.total);
    expectAllInOrder(inbox, ledger);
    expect([inbox.repeated, counts["repeated"]]).toEqual([0, 0]);
  }, 120_000);

  it("loses the connection in the middle of a publish", async () => {
    const proxy = await startProxy(broker.port);
    const { gateway, ledger } = await begin(
      "cut",
      {},
      `amqp://guest:guest@127.0.0.1:${proxy.port}`,
    );
    ledger.start(LOAD);
    await waitFor(() => ledger.total > 500, { what: "writes" });
    for (let turn = 0; turn < 3; turn++) {
      // Half-way: some messages are out, and their confirmations do not come back.
      proxy.trickle(300);
      await waitFor(async () => (await gateway.sink()).inFlight > 0, {
        what: "messages under way",
      });
      proxy.cut();
      proxy.resume();
      await waitFor(async () => (await gateway.sink()).connection.state === "connected", {
        what: "the connection",
        deadline: 30_000,
      });
    }
    await ledger.stop();
    const counts = await settled(gateway);
    const inbox = await Inbox.of(broker, "cut", ledger.total);
    expectAllInOrder(inbox, ledger);
    expect(counts["repeated"]).toBeGreaterThan(0);
    expect(inbox.repeated).toBeLessThanOrEqual(counts["repeated"] ?? 0);
    const flagged = inbox.messages.filter(({ headers }) => headers?.["repeated"] === true);
    expect(flagged.length).toBeLessThanOrEqual(counts["repeated"] ?? 0);
    expect(inbox.repeated).toBeLessThanOrEqual(flagged.length);
  }, 120_000);
});

describe("the fallback", () => {
  it("outlives a gateway that is killed, and is sent by the next one without any new event", async () => {
    const { gateway: first, ledger } = await begin("orphaned");
    await first.ask("/disconnect", "POST");
    await waitFor(async () => (await first.sink()).connection.state === "disconnected", {
      what: "the gateway to disconnect",
    });
    await ledger.write(50);
    await fallenBack(first, 1_000);
    await first.kill();
    await first.restart();
    expect((await first.sink()).connection.state).toBe("disconnected");
    await first.ask("/connect", "POST");
    // Nobody listened between its end and its start, and that is told.
    await settled(first, ["unattended"]);
    const inbox = await Inbox.of(broker, "orphaned", ledger.total);
    expectAllInOrder(inbox, ledger);
    expect(inbox.repeated).toBe(0);
  }, 120_000);

  it.each([
    ["drop_oldest", [40, 50]],
    ["drop_newest", [0, 10]],
  ] as const)(
    "keeps its bound, and what goes is counted: %s",
    async (policy, [from, to]) => {
      const queue = `bound-${policy}`;
      const { gateway, ledger } = await begin(queue, {
        KEYWIRE_AMQP_FALLBACK_SIZE: "200",
        KEYWIRE_AMQP_FALLBACK_POLICY: policy,
      });
      await gateway.ask("/disconnect", "POST");
      const before = Date.now();
      // In steps, so that which ones are the oldest is the same for all tags.
      for (let turn = 0; turn < 50; turn++) {
        await ledger.write(1);
        const stored = async () => {
          const { fallback, lost } = await gateway.sink();
          return fallback.length + (lost.events["fallback_full"] ?? 0) === ledger.total;
        };
        if (turn % 10 === 9) await waitFor(stored, { what: "the events in the fallback" });
      }
      const { fallback, lost } = await gateway.sink();
      expect([fallback.length, lost.events]).toEqual([200, { fallback_full: 800 }]);
      const stretch = lost.recent.at(-1);
      expect(stretch).toMatchObject({ reason: "fallback_full", count: 800 });
      expect(stretch?.from).toBeGreaterThanOrEqual(before);
      expect(stretch?.to).toBeLessThanOrEqual(Date.now());
      expect(gateway.output()).toContain("the fallback is full");
      await gateway.ask("/connect", "POST");
      await settled(gateway);
      const inbox = await Inbox.of(broker, queue, 200);
      expect(inbox.messages.length).toBe(200);
      const kept = Array.from({ length: to - from }, (_, index) => from + index);
      for (const tag of ledger.written.keys()) expect(inbox.numbersOf(tag)).toEqual(kept);
    },
    120_000,
  );

  it.each([
    ["all of it", ["fallback", "counters"]],
    // As eviction does it.
    ["the list alone", ["fallback"]],
  ])("loses what Redis loses, and that is counted: %s", async (_, names) => {
    const { gateway, ledger } = await begin("flushed");
    await gateway.ask("/disconnect", "POST");
    const before = Date.now();
    await ledger.write(10);
    const written = Date.now();
    await fallenBack(gateway, 200);
    // Seen by every look at the fallback for a while.
    await waitFor(() => Date.now() > written + 2_500, { what: "the events to be of some age" });
    await redis.client.del(names.map((name) => `{keywire}:amqp:${name}`));
    await waitFor(async () => (await gateway.sink()).lost.events["redis_lost"] === 200, {
      what: "the loss to be counted",
    });
    // It is told of the time in which they happened, not of that in which they were missed.
    const { from = 0 } = (await gateway.sink()).lost.recent.at(-1) ?? {};
    expect(from).toBeGreaterThanOrEqual(before);
    expect(from).toBeLessThanOrEqual(written);
    await gateway.ask("/connect", "POST");
    await ledger.write(1);
    await settled(gateway, ["redis_lost"]);
    expect((await gateway.sink()).lost.events).toEqual({ redis_lost: 200 });
  });
});
