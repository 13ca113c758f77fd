import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { type ForwardingGateway, sharing, startForwarding } from "../amqp/gateway.js";
import { bindQueue, EXCHANGE } from "../amqp/queue.js";
import {
  type RabbitMq,
  run,
  type StandaloneRedis,
  startRabbitMq,
  waitFor,
} from "../support/index.js";
import { usage } from "./cpu.js";
import type { Bench, Figures } from "./workload.js";

/** ms for one of the stretches. */
const DEADLINE = 120_000;
/** Messages that the bare loop has under way. */
const WINDOW = 4_096;
/** Commands that the writer has under way. */
const PIPELINE = 500;
/**
 * Events that are written ahead of the broker's confirmations: more than the forwarder has under way,
 * and no more than it sends within the second after which it would turn to the fallback.
 */
const AHEAD = 10_000;
/** ms between two looks at how far it is. */
const LOOK = 50;
const QUEUE = "bench";
const PUBLISHER = fileURLToPath(new URL("peers/publisher.mjs", import.meta.url));

const brokers = new WeakMap<StandaloneRedis, Promise<RabbitMq>>();

/** One broker for all rounds of a workload; it ends with what else the workload holds. */
export function brokerOf({ redis }: Bench): Promise<RabbitMq> {
  const broker = brokers.get(redis) ?? startBroker();
  brokers.set(redis, broker);
  return broker;
}

async function startBroker(): Promise<RabbitMq> {
  const broker = await startRabbitMq();
  await bindQueue(broker, QUEUE);
  return broker;
}

/** What a loop of nothing but the client's own publish reaches, with confirms, in a process of its own. */
export async function bareLoop(broker: RabbitMq, events: number): Promise<Figures> {
  const command = process.execPath;
  const counts = [warming(events), events, WINDOW].map(String);
  const args = [PUBLISHER, broker.url, EXCHANGE, QUEUE, ...counts];
  const before = usage([broker.pid]).cpuMs;
  const publisher = await run({ command, args });
  await waitFor(() => !publisher.running, { what: "the bare loop", deadline: DEADLINE });
  await purge(broker);
  const { seconds, cpu } = JSON.parse(publisher.output());
  // The loop has got warm with some before.
  const brokerCpu = ((usage([broker.pid]).cpuMs - before) * 1_000) / (events + warming(events));
  return { "/s": events / seconds, cpu: cpu / events, "broker cpu": brokerCpu };
}

export interface Forwarding {
  readonly broker: RabbitMq;
  readonly gateway: ForwardingGateway;
  readonly writer: Redis;
}

/** Runs a gateway that forwards to the queue, with nothing in it, and nothing left of one before. */
export async function withForwarder(
  bench: Bench,
  use: (forwarding: Forwarding) => Promise<Figures>,
): Promise<Figures> {
  const { redis, profile } = bench;
  const broker = await brokerOf(bench);
  await redis.client.flushall();
  const gateway = await startForwarding(
    redis.url,
    broker,
    QUEUE,
    { KEYWIRE_AMQP_DELIVERY_MODE: "1" },
    profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`],
  );
  await sharing([gateway]);
  const writer = new Redis(redis.url);
  const figures = await use({ broker, gateway, writer });
  writer.disconnect();
  // A profile is written by a process that ends by itself.
  await (profile === undefined ? gateway.kill() : gateway.stop());
  await purge(broker);
  return figures;
}

/** From the first write in Redis until the broker has confirmed the last event. */
export async function live(forwarding: Forwarding, events: number): Promise<Figures> {
  const { gateway } = forwarding;
  const stored = async () => (await gateway.sink()).counts["stored"] ?? 0;
  await forwardAll(forwarding, warming(events));
  const before = await stored();
  const figures = await measured(forwarding, events, () => forwardAll(forwarding, events));
  return { ...figures, "by the fallback": ((await stored()) - before) / events };
}

/** From `connect` until a fallback of so many events is empty: they leave it when they are confirmed. */
export async function drain(forwarding: Forwarding, events: number): Promise<Figures> {
  const { gateway, writer } = forwarding;
  await forwardAll(forwarding, warming(events));
  await gateway.ask("/disconnect", "POST");
  await writeAll(writer, events);
  await waitFor(async () => (await gateway.sink()).fallback.length === events, {
    what: "the events in the fallback",
    deadline: DEADLINE,
  });
  return measured(forwarding, events, async () => {
    await gateway.ask("/connect", "POST");
    while ((await gateway.sink()).fallback.length > 0) await pause(LOOK);
  });
}

/** Writes so many, not too far ahead of the broker, until it has confirmed them all. */
async function forwardAll({ gateway, writer }: Forwarding, events: number): Promise<void> {
  const confirmed = async () => (await gateway.sink()).counts["confirmed"] ?? 0;
  const first = await confirmed();
  for (let written = 0; ; ) {
    const done = (await confirmed()) - first;
    if (done >= events) return;
    const upTo = Math.min(events, done + AHEAD);
    if (upTo > written) await writeAll(writer, upTo - written);
    written = Math.max(written, upTo);
    await pause(LOOK);
  }
}

async function writeAll(writer: Redis, events: number): Promise<void> {
  for (let number = 0; number < events; ) {
    const batch = writer.pipeline();
    const end = Math.min(events, number + PIPELINE);
    for (; number < end; number++) batch.set(`order:bench:${number}`, "1");
    await batch.exec();
  }
}

async function purge(broker: RabbitMq): Promise<void> {
  const connection = broker.connect();
  await connection.queuePurge({ queue: QUEUE });
  await connection.close();
}

/** How many go first, so that everything is warm. */
function warming(events: number): number {
  return events / 5;
}

/** Events per second, and µs of CPU for each, the gateway's and the broker's. */
async function measured(
  { gateway, broker }: Forwarding,
  events: number,
  work: () => Promise<void>,
): Promise<Figures> {
  const cpu = () => [gateway.pid, broker.pid].map((pid) => usage([pid]).cpuMs * 1_000);
  const [began, [own = 0, brokers = 0]] = [performance.now(), cpu()];
  await work();
  const seconds = (performance.now() - began) / 1_000;
  const [ownAfter = 0, brokersAfter = 0] = cpu();
  return {
    "/s": events / seconds,
    cpu: (ownAfter - own) / events,
    "broker cpu": (brokersAfter - brokers) / events,
  };
}
