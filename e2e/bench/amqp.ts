import { Redis } from "ioredis";
import { type ForwardingGateway, sharing, startForwarding } from "../amqp/gateway.js";
import { bindQueue, EXCHANGE } from "../amqp/queue.js";
import { type RabbitMq, startRabbitMq, startRedis, waitFor } from "../support/index.js";

/** ms for one of the stretches. */
const DEADLINE = 120_000;
/** Messages that the bare loop has under way. */
const WINDOW = 4_096;
/** Commands that the writer has under way. */
const PIPELINE = 500;

/** Events a second. */
export interface AmqpFigures {
  /** What a loop of nothing but the client's own publish reaches, in the same run. */
  readonly bare: number;
  /** From the first write in Redis until the broker has confirmed the last event. */
  readonly live: number;
  /** From `connect` until the fallback is empty. */
  readonly drain: number;
}

/** Forwards so many events to a RabbitMQ of its own, with confirms, and drains a fallback of as many. */
export async function measureAmqp(events: number): Promise<AmqpFigures> {
  const [broker, redis] = await Promise.all([startRabbitMq(), startRedis()]);
  await bindQueue(broker, "bench");
  const bare = await bareLoop(broker, events);
  const gateway = await startForwarding(redis.url, broker, "bench", {
    KEYWIRE_AMQP_DELIVERY_MODE: "1",
  });
  await sharing([gateway]);
  const writer = new Redis(redis.url);
  await writeAll(writer, 1);
  await confirmed(gateway, 1);
  const live = await perSecond(events, async () => {
    await writeAll(writer, events);
    await confirmed(gateway, events + 1);
  });
  await purge(broker);
  await gateway.ask("/disconnect", "POST");
  await writeAll(writer, events);
  await waitFor(async () => (await gateway.sink()).fallback.length === events, {
    what: "the events in the fallback",
    deadline: DEADLINE,
  });
  const drain = await perSecond(events, async () => {
    await gateway.ask("/connect", "POST");
    await waitFor(async () => (await gateway.sink()).fallback.length === 0, {
      what: "an empty fallback",
      deadline: DEADLINE,
    });
  });
  writer.disconnect();
  await gateway.stop();
  await broker.stop();
  await redis.stop();
  return { bare, live, drain };
}

async function bareLoop(broker: RabbitMq, events: number): Promise<number> {
  const connection = broker.connect();
  const channel = await connection.acquire();
  await channel.confirmSelect();
  const body = Buffer.from("0\nset\norder:bench:123456");
  const headers = { db: 0, event: "set", node: "127.0.0.1:6379" };
  let number = 0;
  const send = async () => {
    while (number < events) {
      const messageId = `bench-${number++}`;
      const properties = { exchange: EXCHANGE, routingKey: "bench", mandatory: true, messageId };
      await channel.basicPublish({ ...properties, type: "keywire.event", headers }, body);
    }
  };
  const rate = await perSecond(events, async () => {
    await Promise.all(Array.from({ length: WINDOW }, send));
  });
  await channel.close();
  await connection.close();
  await purge(broker);
  return rate;
}

async function writeAll(writer: Redis, events: number): Promise<void> {
  for (let number = 0; number < events; ) {
    const batch = writer.pipeline();
    const end = Math.min(events, number + PIPELINE);
    for (; number < end; number++) batch.set(`order:bench:${number}`, "1");
    await batch.exec();
  }
}

async function confirmed(gateway: ForwardingGateway, least: number): Promise<void> {
  await waitFor(async () => ((await gateway.sink()).counts["confirmed"] ?? 0) >= least, {
    what: `${least} confirmed events`,
    deadline: DEADLINE,
  });
}

async function purge(broker: RabbitMq): Promise<void> {
  const connection = broker.connect();
  await connection.queuePurge({ queue: "bench" });
  await connection.close();
}

async function perSecond(events: number, work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (events * 1_000) / (performance.now() - began);
}
