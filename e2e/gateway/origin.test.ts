import { encodeBegin, encodeEnd, MARKS_CHANNEL } from "@keywire/gateway/keyspace";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, type StandaloneRedis, startGateway, startRedis } from "../support/index.js";
import { connect } from "./client.js";

let redis: StandaloneRedis;
let gateway: Gateway;

beforeAll(async () => {
  redis = await startRedis();
  gateway = await startGateway({ redis: redis.url });
});

afterAll(async () => {
  await gateway?.stop();
  await redis?.stop();
});

const ORIGIN = "trigger:library.consumer";

async function setAsTrigger(key: string, value: string): Promise<void> {
  await redis.client
    .multi()
    .publish(MARKS_CHANNEL, encodeBegin(undefined, ORIGIN))
    .set(key, value)
    .publish(MARKS_CHANNEL, encodeEnd(undefined))
    .exec();
}

describe("a browser", () => {
  it("sees which events a trigger made, and which it did not", async () => {
    const client = await connect(gateway);
    await client.subscribe("prefix:plain:");
    await setAsTrigger("plain:1", "a");
    await redis.client.set("plain:1", "b");
    await client.first("event", ({ origin }) => origin === undefined);
    expect(client.of("prefix:plain:")).toMatchObject([
      { event: "set", key: "plain:1", origin: ORIGIN },
      { event: "set", key: "plain:1" },
    ]);
  });

  it("sees it next to the value as well, and when it resumes", async () => {
    const client = await connect(gateway);
    const { epoch } = await client.subscribe("key:valued", { value: true, snapshot: 0 });
    await setAsTrigger("valued", "a");
    const event = await client.first("event");
    expect(event).toMatchObject({ origin: ORIGIN, value: { type: "string", data: "a" } });
    const other = await connect(gateway);
    const since = { epoch, offset: event.offset - 1 };
    await other.subscribe("key:valued", { value: true, snapshot: 0, since });
    expect(await other.first("event")).toEqual(event);
  });

  it("is shown no marks, whatever it subscribes to", async () => {
    const client = await connect(gateway);
    await client.subscribe("prefix:");
    await client.subscribe("pattern:*marks");
    await setAsTrigger("seen", "a");
    await client.first("event", ({ key }) => key === "seen");
    expect(client.keys).toEqual(["seen"]);
  });
});
