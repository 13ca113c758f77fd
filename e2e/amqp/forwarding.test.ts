import { beforeAll, describe, expect, it } from "vitest";
import {
  type RabbitMq,
  type StandaloneRedis,
  startRabbitMq,
  startRedis,
  waitFor,
} from "../support/index.js";
import { expectAllInOrder } from "./expectations.js";
import { sharing, startForwarding } from "./gateway.js";
import { Ledger } from "./ledger.js";
import { bindQueue, Inbox } from "./queue.js";

let broker: RabbitMq;
let redis: StandaloneRedis;

beforeAll(async () => {
  [broker, redis] = await Promise.all([startRabbitMq(), startRedis()]);
}, 120_000);

describe("a gateway", () => {
  it("forwards each event once, in order, with its properties", async () => {
    await bindQueue(broker, "plain");
    const gateway = await startForwarding(redis.url, broker, "plain");
    await sharing([gateway]);
    const ledger = new Ledger(redis.client);
    await ledger.write(50);
    await redis.client.set("other", "1");
    const inbox = await Inbox.of(broker, "plain", ledger.total);
    expect(inbox.messages.length).toBe(ledger.total);
    expectAllInOrder(inbox, ledger);
    const [message] = inbox.messages;
    const node = `127.0.0.1:${redis.node.port}`;
    expect(message?.body.toString()).toMatch(/^0\nset\norder:\{t\d+\}:\d+$/);
    expect(message).toMatchObject({ type: "keywire.event", durable: true });
    expect(message?.headers).toEqual({ db: 0, event: "set", node });
    expect(Math.abs((message?.timestamp ?? 0) - Date.now() / 1_000)).toBeLessThan(60);
    const ids = new Set(inbox.messages.map(({ messageId }) => messageId));
    expect(ids.size).toBe(ledger.total);
    const { connection, counts, fallback, inFlight } = await gateway.sink();
    expect(connection.state).toBe("connected");
    expect(counts).toMatchObject({ published: 1_000, confirmed: 1_000, repeated: 0 });
    expect([fallback.length, inFlight]).toEqual([0, 0]);
    await gateway.stop();
  });

  it("keeps events while no queue is bound, and sends them when one is", async () => {
    const gateway = await startForwarding(redis.url, broker, "late");
    await sharing([gateway]);
    const ledger = new Ledger(redis.client);
    await ledger.write(5);
    await waitFor(async () => (await gateway.sink()).fallback.length === 100, {
      what: "all events in the fallback",
    });
    await bindQueue(broker, "late");
    const inbox = await Inbox.of(broker, "late", 100);
    expectAllInOrder(inbox, ledger);
    expect(inbox.repeated).toBe(0);
    expect((await gateway.sink()).counts["returned"]).toBeGreaterThan(0);
    await gateway.stop();
  });
});
