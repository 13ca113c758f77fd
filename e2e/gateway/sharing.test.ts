import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type Gateway,
  mintToken,
  type StandaloneRedis,
  startGateway,
  startRedis,
  waitFor,
} from "../support/index.js";
import { type Client, connect } from "./client.js";

const CROWD = 1_000;
/** The gateway's, so that the tests need not wait for long. */
const LINGER = "1s";

let redis: StandaloneRedis;
let gateway: Gateway;

beforeAll(async () => {
  redis = await startRedis();
  gateway = await startGateway({
    redis: redis.url,
    env: {
      KEYWIRE_LINGER: LINGER,
      KEYWIRE_MAX_SESSIONS_PER_USER: "2000",
      KEYWIRE_MAX_SESSIONS_PER_ADDRESS: "2000",
    },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await redis?.stop();
});

/** What Redis itself says it is subscribed to for keyspace events. */
async function upstream(): Promise<{ channels: string[]; patterns: number }> {
  const channels = (await redis.client.pubsub("CHANNELS", "__key*")) as string[];
  return { channels, patterns: Number(await redis.client.pubsub("NUMPAT")) };
}

async function state(): Promise<Record<string, Record<string, unknown>[]>> {
  const token = await mintToken({ admin: true });
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${gateway.url}/v1/admin/state`, { headers });
  return (await response.json()) as Record<string, Record<string, unknown>[]>;
}

it("a thousand sessions on a key are one SUBSCRIBE, and each gets each event once", async () => {
  const token = await mintToken();
  const crowd: Client[] = [];
  for (let count = 0; count < CROWD; count += 50) {
    const some = Array.from({ length: 50 }, () => connect(gateway, { token }));
    crowd.push(...(await Promise.all(some)));
  }
  await Promise.all(crowd.map((client) => client.subscribe("key:a")));
  expect(await upstream()).toEqual({ channels: ["__keyspace@0__:a"], patterns: 0 });
  const { feeds, channels, sessions } = await state();
  expect(feeds).toMatchObject([
    { channel: "__keyspace@0__:a", kind: "subscribe", refcount: CROWD },
  ]);
  expect(channels).toMatchObject([{ name: "key:a", state: "live", members: CROWD }]);
  expect(sessions).toHaveLength(CROWD);

  const events = 20;
  for (let count = 0; count < events; count++) await redis.client.set("a", count);
  await waitFor(() => crowd.every(({ keys }) => keys.length >= events), { what: "all events" });
  for (const client of crowd) {
    const offsets = client.of("key:a").map((message) => message["offset"]);
    expect(offsets).toEqual(Array.from({ length: events }, (_, index) => index + 1));
  }

  for (const { socket } of crowd) socket.close();
  await waitFor(async () => (await state())["channels"]?.length === 0, {
    what: "the linger's end",
  });
  expect(await upstream()).toEqual({ channels: [], patterns: 0 });
  expect(await state()).toMatchObject({ feeds: [], channels: [], sessions: [] });
});

it("a prefix beside a key that it covers is one PSUBSCRIBE, and each gets each event once", async () => {
  const client = await connect(gateway);
  await client.subscribe("key:order:42");
  await client.subscribe("prefix:order:");
  await waitFor(async () => (await upstream()).channels.length === 0, { what: "the cover" });
  expect(await upstream()).toEqual({ channels: [], patterns: 1 });
  await redis.client.set("order:42", "x");
  await redis.client.set("order:43", "x");
  await client.first("event", ({ key }) => key === "order:43");
  expect(client.of("key:order:42")).toMatchObject([{ key: "order:42" }]);
  expect(client.of("prefix:order:")).toMatchObject([{ key: "order:42" }, { key: "order:43" }]);
  client.socket.close();
  await waitFor(async () => (await upstream()).patterns === 0, { what: "the linger's end" });
});

it("who comes back within the linger goes on where it left, without asking Redis again", async () => {
  const first = await connect(gateway);
  const { epoch } = await first.subscribe("key:linger");
  await redis.client.set("linger", "1");
  await first.first("event");
  first.socket.close();
  await waitFor(async () => (await state())["sessions"]?.length === 0, {
    what: "the session's end",
  });
  await redis.client.set("linger", "2");
  const second = await connect(gateway);
  const answer = await second.subscribe("key:linger", { since: { epoch, offset: 1 } });
  expect(answer).toMatchObject({ epoch, offset: 1, resumed: true });
  expect(await second.first("event")).toMatchObject({ offset: 2 });
  second.socket.close();
  await waitFor(async () => (await upstream()).channels.length === 0, { what: "the linger's end" });
});

it("options and databases are channels of their own on one subscription each", async () => {
  const client = await connect(gateway);
  await client.subscribe("key:opt");
  const narrow = await connect(gateway);
  await narrow.subscribe("key:opt", { events: ["del"] });
  expect((await upstream()).channels).toEqual(["__keyspace@0__:opt"]);
  await redis.client.set("opt", "x");
  await redis.client.del("opt");
  await client.first("event", ({ event }) => event === "del");
  expect(await narrow.first("event")).toMatchObject({ event: "del", offset: 1 });
  await client.subscribe("key@3:opt");
  expect((await upstream()).channels.sort()).toEqual(["__keyspace@0__:opt", "__keyspace@3__:opt"]);
});

it("an event that Redis tells only where it is asked to is asked for by who names it", async () => {
  const client = await connect(gateway);
  await client.subscribe("key:absent", { events: ["keymiss"] });
  await redis.client.get("absent");
  expect(await client.first("event")).toMatchObject({ event: "keymiss", key: "absent" });
});

it("the gateway's own keys are never shown", async () => {
  const client = await connect(gateway);
  await client.subscribe("prefix:");
  await redis.client.set("{keywire}:secret", "x");
  await redis.client.set("shown", "x");
  await client.first("event", ({ key }) => key === "shown");
  expect(client.keys).toEqual(["shown"]);
});
