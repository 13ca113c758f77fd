import { randomBytes } from "node:crypto";
import fc from "fast-check";
import type { AsyncMessage } from "rabbitmq-client";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type RabbitMq,
  type StandaloneRedis,
  startRabbitMq,
  startRedis,
  waitFor,
} from "../support/index.js";
import { type ForwardingGateway, sharing, startForwarding } from "./gateway.js";
import { keyBytes, latin1, maskText, patternOf } from "./mask-texts.js";
import { bindQueue } from "./queue.js";

let broker: RabbitMq;
let redis: StandaloneRedis;
let gateway: ForwardingGateway;

beforeAll(async () => {
  [broker, redis] = await Promise.all([startRabbitMq(), startRedis()]);
  await bindQueue(broker, "hostile");
  gateway = await startForwarding(redis.url, broker, "hostile", { KEYWIRE_AMQP_MASKS: "ALL" });
  await sharing([gateway]);
}, 150_000);

/** How many keys, and how many masks. */
const MANY = 1_000;
/** Masks that are set at a time. */
const BATCH = 50;

/** A thousand: NUL, line breaks, bytes that are no UTF-8, globs, nothing at all, and 64 KiB of them. */
function hostileKeys(): Buffer[] {
  const chosen = ["", "\0", "\n", "0\nset\nx", "\r\n\r\n", "*", "[", "\\", "{", "{}", "^.*$", " "];
  const long = Array.from({ length: 20 }, () => randomBytes(65_536));
  const keys = [...chosen.map((text) => Buffer.from(text)), ...long];
  keys.push(Buffer.alloc(65_536), Buffer.alloc(65_536, "\n"));
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 });
  const random = fc.sample(bytes, { numRuns: 2 * MANY, seed: 7 }).map((key) => Buffer.from(key));
  const distinct = new Map([...keys, ...random].map((key) => [latin1(key), key]));
  return [...distinct.values()].slice(0, MANY);
}

describe("hostile", () => {
  it.each(["lines", "json"])(
    "keys arrive byte by byte, through the fallback too: %s",
    async (format) => {
      const { status } = await gateway.ask("", "PUT", { format, masks: ["ALL"] });
      expect(status).toBe(200);
      const keys = hostileKeys();
      expect(keys.length).toBe(MANY);
      const half = Math.floor(keys.length / 2);
      const messages: AsyncMessage[] = [];
      const connection = broker.connect();
      const consumer = connection.createConsumer(
        { queue: "hostile", queueOptions: { durable: true }, noAck: true },
        (message) => void messages.push(message),
      );
      for (const key of keys.slice(0, half)) await redis.client.set(key, "1");
      await gateway.ask("/disconnect", "POST");
      for (const key of keys.slice(half)) await redis.client.set(key, "1");
      await gateway.ask("/connect", "POST");
      await waitFor(() => messages.length >= keys.length, { what: "all keys", deadline: 60_000 });
      const arrived = new Set(messages.map((message) => latin1(keyIn(message, format))));
      expect(arrived).toEqual(new Set(keys.map(latin1)));
      await consumer.close();
      await connection.close();
    },
    120_000,
  );

  it("masks are taken or refused as a whole, and none of them stalls the gateway", async () => {
    const texts = fc.sample(fc.string({ unit: "binary", maxLength: 600 }), {
      numRuns: MANY,
      seed: 7,
    });
    const worst = [
      "a*".repeat(250),
      ".*a".repeat(160),
      `${".*".repeat(200)}b`,
      `.*a${".".repeat(400)}`,
    ];
    const put = (masks: readonly string[]) => gateway.ask("/masks", "PUT", { masks });
    for (const mask of worst) {
      expect((await put([mask])).status).toBe(200);
      await redis.client.set(Buffer.alloc(65_536, "a"), "1");
    }
    const isTaken = (mask: string) => mask !== "" && Buffer.byteLength(mask) <= 512;
    const good = [...new Set(texts.filter(isTaken))];
    const bad = texts.filter((mask) => !isTaken(mask));
    expect(bad.length).toBeGreaterThan(MANY / 20);
    for (let from = 0; from < good.length; from += BATCH) {
      const batch = good.slice(from, from + BATCH);
      const { status, body } = await put(batch);
      expect([status, body.configuration?.["masks"]]).toEqual([200, batch]);
    }
    const before = (await gateway.ask()).body.configuration["masks"];
    for (let from = 0; from < bad.length; from += 10) {
      // Each beside one that is taken alone.
      const answers = bad.slice(from, from + 10).map((mask) => put(["fine", mask]));
      for (const { status } of await Promise.all(answers)) expect(status).toBe(400);
    }
    expect((await gateway.ask()).body.configuration["masks"]).toEqual(before);
    expect((await gateway.ask()).status).toBe(200);
  }, 120_000);

  it("masks have forwarded what they match and nothing else, in batches", async () => {
    await gateway.ask("", "PUT", { format: "lines", masks: ["^no such key$"] });
    await emptied();
    const masks = fc.sample(maskText, { numRuns: MANY, seed: 7 });
    const keys = fc.sample(keyBytes, { numRuns: MANY, seed: 8 });
    const arrived = new Set<string>();
    const connection = broker.connect();
    const consumer = connection.createConsumer(
      { queue: "hostile", queueOptions: { durable: true }, noAck: true },
      (message) => void arrived.add(latin1(keyIn(message, "lines"))),
    );
    let forwarded = 0;
    for (let from = 0; from < MANY; from += BATCH) {
      const batch = masks.slice(from, from + BATCH);
      const [begin, end] = [`begin-${from}`, `end-${from}`];
      const { status } = await gateway.ask("/masks", "PUT", {
        masks: [...batch, `^${begin}$`, `^${end}$`],
      });
      expect(status).toBe(200);
      // Redis sends what these masks need only from some moment on.
      const isHeard = async () => (await redis.client.set(begin, "1")) && arrived.has(begin);
      await waitFor(isHeard, { what: begin, deadline: 30_000 });
      arrived.clear();
      const written = keys.slice(from, from + BATCH);
      for (const key of written) await redis.client.set(Buffer.from(key), "1");
      await redis.client.set(end, "1");
      const patterns = batch.map(patternOf);
      const matching = written.map(latin1).filter((key) => patterns.some((one) => one.test(key)));
      await waitFor(() => [...matching, end].every((key) => arrived.has(key)), {
        what: `what the masks from ${from} on match`,
        deadline: 30_000,
      });
      for (const key of [begin, end]) arrived.delete(key);
      expect(arrived).toEqual(new Set(matching));
      forwarded += new Set(matching).size;
    }
    // Of either kind there are many.
    expect(forwarded).toBeGreaterThan(MANY / 5);
    expect(forwarded).toBeLessThan((MANY * 4) / 5);
    await consumer.close();
    await connection.close();
  }, 180_000);
});

/** Until the forwarder has sent what it had. */
async function emptied(): Promise<void> {
  const isEmpty = async () => {
    const { fallback, memory, inFlight } = await gateway.sink();
    return fallback.length + memory.events + inFlight === 0;
  };
  await waitFor(isEmpty, { what: "nothing under way", deadline: 30_000 });
  const connection = broker.connect();
  await connection.queuePurge({ queue: "hostile" });
  await connection.close();
}

function keyIn({ body }: AsyncMessage, format: string): Buffer {
  if (format === "json") {
    const { key, key_raw: raw } = body as { key: string | null; key_raw?: string };
    return key === null ? Buffer.from(raw ?? "", "base64") : Buffer.from(key);
  }
  const bytes = Buffer.from(body);
  return bytes.subarray(bytes.indexOf("\n", bytes.indexOf("\n") + 1) + 1);
}
