import { afterEach, beforeAll, expect, it } from "vitest";
import {
  type RabbitMq,
  type StandaloneRedis,
  startRabbitMq,
  startRedis,
  waitFor,
} from "../support/index.js";
import { type ForwardingGateway, sharing, startForwarding } from "./gateway.js";
import { keyOf, Ledger } from "./ledger.js";
import { bindQueue, Inbox } from "./queue.js";

/** ms, of a lease: the least that can be set. */
const TTL = 2_000;
const TAGS = 5;

let broker: RabbitMq;
let redis: StandaloneRedis;
let gateway: ForwardingGateway | undefined;

beforeAll(async () => {
  [broker, redis] = await Promise.all([startRabbitMq(), startRedis()]);
}, 120_000);

afterEach(() => gateway?.kill());

/** Deletes the next key of each tag: what Redis does however full it is. */
async function take(number: number): Promise<void> {
  for (let tag = 0; tag < TAGS; tag++) await redis.client.del(keyOf(tag, number));
}

it("a Redis that is full goes on being forwarded, and the forwarder is not held up by what it refuses", async () => {
  await bindQueue(broker, "full");
  const env = { KEYWIRE_AMQP_EVENTS: "g", KEYWIRE_LEASE_TTL: `${TTL}ms` };
  gateway = await startForwarding(redis.url, broker, "full", env);
  const { sink } = gateway;
  await sharing([gateway]);
  const ledger = new Ledger(redis.client, TAGS);
  await ledger.write(200);
  await redis.client.config("SET", "maxmemory", "1");
  await expect(redis.client.set("no", "room")).rejects.toThrow("OOM");

  // For longer than leases last that are not renewed.
  let taken = 0;
  const confirmed = async () => (await sink()).counts["confirmed"] === taken * TAGS;
  for (const end = Date.now() + 2 * TTL; Date.now() < end && taken < 100; ) {
    await take(taken++);
    await waitFor(confirmed, { what: "the events to arrive", deadline: 5_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  broker.pause();
  while (taken < 150) await take(taken++);
  await waitFor(() => gateway?.output().includes("Redis takes nothing into the fallback"), {
    what: "the fallback to be refused",
  });
  broker.resume();
  while (taken < 200) await take(taken++);
  const inbox = await Inbox.of(broker, "full", ledger.total);
  for (let tag = 0; tag < TAGS; tag++) {
    expect(inbox.numbersOf(tag)).toEqual(Array.from({ length: 200 }, (_, number) => number));
  }
  const { lost, fallback, memory } = await sink();
  expect([lost.events, fallback.length, memory.events]).toEqual([{}, 0, 0]);
}, 120_000);
