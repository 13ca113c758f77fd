import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, type StandaloneRedis, startGateway, startRedis } from "../support/index.js";
import { Bystander } from "./bystander.js";
import { connect, ended } from "./client.js";

let redis: StandaloneRedis;
let gateway: Gateway;
let bystander: Bystander;

beforeAll(async () => {
  redis = await startRedis();
  gateway = await startGateway({ redis: redis.url });
  bystander = await Bystander.on(gateway, redis.client, "bystander:");
});

afterAll(async () => {
  await gateway?.stop();
  await redis?.stop();
});

describe("a message that is none", () => {
  it.each([
    ["not JSON", "{", "is JSON"],
    ["not an object", "[]", "JSON object"],
    ["of an unknown type", { type: "shout" }, '"shout"'],
    ["without its channel", { type: "subscribe" }, '"channel" is missing'],
    [
      "with a wrong type inside",
      { type: "subscribe", channel: "key:a", events: "set" },
      '"events"',
    ],
  ])("is answered, and the connection goes on: %s", async (_, message, part) => {
    const client = await connect(gateway);
    client.send(message);
    const error = await client.first("error");
    expect(error).toMatchObject({ code: "bad_request", message: expect.stringContaining(part) });
    client.send({ type: "ping" });
    await client.first("pong");
  });

  it.each([
    ["subscribe", "nonsense", "bad_request"],
    ["subscribe", "rawkey:***", "bad_request"],
    ["subscribe", "event:", "bad_request"],
    ["unsubscribe", "key:never", "bad_request"],
  ])("or asks for nonsense is answered with its id: %s %s", async (type, channel, code) => {
    const client = await connect(gateway);
    expect(await client.ask({ type, channel })).toMatchObject({ type: "error", code });
  });

  it("ten times over ends the connection with 4400", async () => {
    const client = await connect(gateway);
    for (let count = 0; count < 10; count++) client.send("{");
    expect(await ended(client)).toMatchObject({ code: 4400 });
    expect(client.messages.items.filter(({ type }) => type === "error")).toHaveLength(10);
  });
});

describe("a frame that is none", () => {
  it("binary: 1003", async () => {
    const client = await connect(gateway);
    client.socket.send(Buffer.from('{"type":"ping"}'), { binary: true });
    expect(await ended(client)).toMatchObject({ code: 1003 });
  });

  it("too large: 1009", async () => {
    const client = await connect(gateway);
    client.send("x".repeat(65_537));
    expect(await ended(client)).toMatchObject({ code: 1009 });
    const metrics = await fetch(`${gateway.url}/metrics`).then((response) => response.text());
    expect(metrics).toMatch(/keywire_limits_hit_total\{limit="message_bytes"\} 1/);
  });

  it("as large as allowed: read", async () => {
    const client = await connect(gateway);
    const channel = `key:${"x".repeat(65_536 - 50)}`;
    expect(await client.subscribe(channel)).toMatchObject({ type: "subscribed", channel });
  });

  it("not UTF-8: 1007", async () => {
    const client = await connect(gateway);
    client.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect(await ended(client)).toMatchObject({ code: 1007 });
  });
});

describe("too much", () => {
  it("10,000 subscribes at once are refused, each as it deserves, and the connection ends with 4429", async () => {
    const client = await connect(gateway);
    for (let id = 0; id < 10_000; id++) {
      client.send({ type: "subscribe", id, channel: `key:flood:${id}` });
    }
    expect(await ended(client)).toMatchObject({ code: 4429 });
    const refused = (code: string) =>
      client.messages.items.flatMap((message) => (message["code"] === code ? message["id"] : []));
    // 128 of the first 200 are on their way, the others are more than a connection may have.
    expect(refused("limit_exceeded")).toEqual(expect.arrayContaining([128, 199]));
    expect(refused("limit_exceeded").length).toBeGreaterThanOrEqual(72);
    expect(refused("rate_limited").length).toBeGreaterThan(100);
    expect(client.messages.items.length).toBeLessThan(2_000);
  });

  it("a subscription more than allowed is refused, and room is made by leaving one", async () => {
    const client = await connect(gateway);
    const asked = Array.from({ length: 128 }, (_, index) => client.subscribe(`key:many:${index}`));
    for (const answer of await Promise.all(asked)) expect(answer.type).toBe("subscribed");
    expect(await client.subscribe("key:more")).toMatchObject({ code: "limit_exceeded" });
    expect(await client.ask({ type: "unsubscribe", channel: "key:many:0" })).toMatchObject({
      type: "unsubscribed",
      channel: "key:many:0",
    });
    expect(await client.subscribe("key:more")).toMatchObject({ type: "subscribed" });
  });
});

it("the others have noticed nothing of all this", async () => {
  expect(await bystander.noticedNothing()).toBeGreaterThan(100);
});
