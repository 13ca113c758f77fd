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

/** A thousand: NUL, line breaks, bytes that are no UTF-8, globs, nothing at all, and 64 KiB of them. */
function hostileKeys(): Buffer[] {
  const bytes = fc.sample(fc.uint8Array({ minLength: 1, maxLength: 60 }), {
    numRuns: 950,
    seed: 7,
  });
  const chosen = ["\0", "\n", "0\nset\nx", "\r\n\r\n", "*", "[", "\\", "{", "{}", "^.*$", " "];
  const long = Array.from({ length: 20 }, () => randomBytes(65_536));
  return [
    Buffer.alloc(0),
    ...chosen.map((text) => Buffer.from(text)),
    ...bytes.map((key) => Buffer.from(key)),
    ...long,
    Buffer.alloc(65_536),
    Buffer.alloc(65_536, "\n"),
  ];
}

describe("hostile", () => {
  it.each(["lines", "json"])(
    "keys arrive byte by byte, through the fallback too: %s",
    async (format) => {
      const { status } = await gateway.ask("", "PUT", { format, masks: ["ALL"] });
      expect(status).toBe(200);
      const keys = hostileKeys();
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
      const arrived = new Set(messages.map((message) => keyIn(message, format).toString("latin1")));
      expect(arrived).toEqual(new Set(keys.map((key) => key.toString("latin1"))));
      await consumer.close();
      await connection.close();
    },
    120_000,
  );

  it("masks are taken or refused as a whole, and none of them stalls the gateway", async () => {
    const texts = fc.sample(fc.string({ unit: "binary", maxLength: 600 }), {
      numRuns: 1_000,
      seed: 7,
    });
    const worst = [
      "a*".repeat(250),
      ".*a".repeat(160),
      `${".*".repeat(200)}b`,
      `.*a${".".repeat(400)}`,
    ];
    for (const mask of [...worst, ...texts]) {
      const { status, body } = await gateway.ask("/masks", "PUT", { masks: [mask] });
      const isTaken = mask !== "" && Buffer.byteLength(mask) <= 512 && !/\p{Surrogate}/u.test(mask);
      expect([mask, status]).toEqual([mask, isTaken ? 200 : 400]);
      if (isTaken) expect(body.configuration["masks"]).toEqual([mask]);
      if (worst.includes(mask)) await redis.client.set(Buffer.alloc(65_536, "a"), "1");
    }
    expect((await gateway.ask()).status).toBe(200);
  }, 120_000);
});

function keyIn({ body }: AsyncMessage, format: string): Buffer {
  if (format === "json") {
    const { key, key_raw: raw } = body as { key: string | null; key_raw?: string };
    return key === null ? Buffer.from(raw ?? "", "base64") : Buffer.from(key);
  }
  const bytes = Buffer.from(body);
  return bytes.subarray(bytes.indexOf("\n", bytes.indexOf("\n") + 1) + 1);
}
