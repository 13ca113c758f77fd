import { beforeAll, describe, expect, it } from "vitest";
import { keywire } from "../cli/keywire.js";
import {
  mintToken,
  type RabbitMq,
  type StandaloneRedis,
  startGateway,
  startRabbitMq,
  startRedis,
  waitFor,
} from "../support/index.js";
import { type ForwardingGateway, sharing, startForwarding } from "./gateway.js";
import { bindQueue } from "./queue.js";

let broker: RabbitMq;
let redis: StandaloneRedis;
let first: ForwardingGateway;
let second: ForwardingGateway;

beforeAll(async () => {
  [broker, redis] = await Promise.all([startRabbitMq(), startRedis()]);
  await bindQueue(broker, "admin");
  first = await startForwarding(redis.url, broker, "admin");
  second = await startForwarding(redis.url, broker, "admin");
  await sharing([first, second]);
}, 150_000);

describe("the admin API", () => {
  it("changes the configuration of all gateways", async () => {
    const { status, body } = await first.ask("", "PUT", { fallbackSize: 5, format: "json" });
    expect([status, body.configuration["fallbackSize"]]).toEqual([200, 5]);
    await waitFor(async () => (await second.ask()).body.configuration["format"] === "json", {
      what: "the other gateway to hear of it",
    });
    const back = await second.ask("", "PUT", { fallbackSize: null, format: null });
    expect(back.body.configuration).toMatchObject({ fallbackSize: 10_000_000, format: "lines" });
  });

  it("refuses wrong values as a whole, names every fault, and changes nothing", async () => {
    const before = (await first.ask()).body.configuration;
    const { status, body } = await first.ask("", "PUT", {
      exchange: "x".repeat(256),
      deliveryMode: 3,
      fallbackSize: "many",
      routingKey: "fine",
      colour: "red",
      masks: [""],
    });
    expect(status).toBe(400);
    for (const part of [
      "exchange is",
      "deliveryMode is 3",
      "fallbackSize is",
      '"colour"',
      "masks is",
    ]) {
      expect(body.error.message).toContain(part);
    }
    expect(body.error.message).not.toContain("routingKey is");
    expect((await first.ask()).body.configuration).toEqual(before);
    expect((await first.ask("", "PUT", "no object")).status).toBe(400);
  });

  it("sets, adds and cleans masks", async () => {
    const masks = async (method: string, list?: string[]) =>
      (await first.ask("/masks", method, list && { masks: list })).body.configuration["masks"];
    expect(await masks("PUT", ["^a"])).toEqual(["^a"]);
    expect(await masks("POST", ["^b", "^a"])).toEqual(["^a", "^b"]);
    expect(await masks("DELETE")).toEqual([]);
    expect(await masks("PUT", ["^order:"])).toEqual(["^order:"]);
  });

  it("says that it is off without a broker's address, and refuses others than admins", async () => {
    const off = await startGateway({ redis: redis.url });
    const ask = async (method: string, admin: boolean) => {
      const authorization = `Bearer ${await mintToken({ admin })}`;
      const url = `${off.url}/v1/admin/sinks/amqp${method === "POST" ? "/connect" : ""}`;
      const response = await fetch(url, { method, headers: { authorization } });
      return [response.status, await response.json()];
    };
    expect(await ask("GET", true)).toEqual([200, { state: "off" }]);
    expect(await ask("POST", true)).toMatchObject([400, { error: { code: "unsupported" } }]);
    expect(await ask("GET", false)).toMatchObject([403, { error: { code: "forbidden" } }]);
    await off.stop();
  });
});

describe("keywire amqp", () => {
  it("disconnects, purges the fallback, connects, and shows it all", async () => {
    const env = { KEYWIRE_URL: first.url, KEYWIRE_TOKEN: await mintToken({ admin: true }) };
    const run = async (...words: string[]) => {
      const { stdout, stderr, code } = await keywire(["amqp", ...words], env);
      return { text: stdout.trim(), stderr, code };
    };
    expect((await run("disconnect")).text).toContain("disconnected");
    await waitFor(async () => (await second.sink()).connection.state === "disconnected", {
      what: "the other gateway to disconnect",
    });
    for (let key = 0; key < 10; key++) await redis.client.set(`order:${key}`, "1");
    await waitFor(async () => (await run("fallback")).text === "10", { what: "the fallback" });
    expect((await run("fallback", "purge")).text).toBe("10 events were thrown away");
    expect(first.logs()).toContainEqual(
      expect.objectContaining({
        level: "warn",
        msg: "the fallback was purged: what it held is not forwarded",
        events: 10,
      }),
    );
    expect((await run("fallback")).text).toBe("0");
    expect((await run("connect")).code).toBe(0);
    expect((await run("masks", "set", "^order:.*$", "a,b")).text).toBe("^order:.*$\na,b");
    expect((await run("set", "exchange=amq.topic", "heartbeat=10s")).text).toContain(
      "set at run time",
    );
    expect((await run("reset", "exchange", "heartbeat", "masks")).code).toBe(0);
    const wrong = await run("set", "deliveryMode=9", "nonsense=1");
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain("deliveryMode");
    expect(wrong.stderr).toContain("nonsense");
    expect((await run("mask")).code).toBe(2);
  }, 120_000);
});
