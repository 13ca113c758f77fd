import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Gateway,
  mintToken,
  type StandaloneRedis,
  startGateway,
  startRedis,
} from "../support/index.js";
import { connect } from "./client.js";

let redis: StandaloneRedis;
let gateway: Gateway;

beforeAll(async () => {
  redis = await startRedis({ args: ["--enable-debug-command", "yes"] });
  gateway = await startGateway({ redis: redis.url });
});

afterAll(async () => {
  await gateway?.stop();
  await redis?.stop();
});

const string = (data: string) => ({ type: "string", data });

describe("values", () => {
  it("gives a key's present value in the answer, and then every change with its own", async () => {
    await redis.client.set("stock", "5");
    const client = await connect(gateway);
    const answer = await client.subscribe("key:stock", { value: true });
    expect(answer).toMatchObject({ snapshot: [{ key: "stock", value: string("5") }] });
    await redis.client.decr("stock");
    await redis.client.pexpire("stock", 60_000);
    await redis.client.del("stock");
    await client.first("event", ({ event }) => event === "del");
    const events = client.messages.items.filter(({ type }) => type === "event");
    expect(events.at(-1)).toMatchObject({ event: "del", value: null });
    expect(events.every((event) => "value" in event)).toBe(true);
  });

  it("sends the keys under a prefix on subscribing, sorted, up to as many as asked for", async () => {
    for (const at of [3, 1, 2]) await redis.client.hset(`item:${at}`, "n", String(at));
    const client = await connect(gateway);
    const all = await client.subscribe("prefix:item:", { snapshot: 10 });
    expect(all).toMatchObject({
      snapshot: [1, 2, 3].map((at) => ({
        key: `item:${at}`,
        value: { type: "hash", data: { n: String(at) } },
      })),
    });
    expect(all).not.toHaveProperty("truncated");
    const some = await client.subscribe("pattern:item:*", { snapshot: 2 });
    expect(some).toMatchObject({ truncated: true });
    expect(some["snapshot"]).toHaveLength(2);
  });

  it("converges by itself after a flush", async () => {
    await redis.client.set("flushed:1", "x");
    const client = await connect(gateway);
    await client.subscribe("prefix:flushed:", { snapshot: 10, value: true });
    await redis.client.flushdb();
    const gap = await client.first("gap");
    const snapshot = await client.first("snapshot");
    expect(gap.reason).toBe("flushed");
    expect(snapshot).toMatchObject({ offset: gap.offset + 1, snapshot: [] });
  });

  it("tells an expiry when it is due, which Redis alone tells when it finds it", async () => {
    const client = await connect(gateway);
    await client.subscribe("prefix:short:", { value: true });
    const due = Date.now() + 300;
    await redis.client.set("short:1", "x", "PX", 300);
    const expired = await client.first("event", ({ event }) => event === "expired");
    expect(expired.value).toBeNull();
    expect(expired.time - due).toBeLessThan(1_000);
  });

  // Each beneath a prefix that nobody was on before: what is written ahead of it is on no feed.
  it.each([
    ["known", { snapshot: 10 }],
    ["valued", { value: true, snapshot: 10 }],
  ])(
    "tells an expiry when it is due to who knows the key from a snapshot alone: %s",
    async (prefix, options) => {
      await redis.client.call("DEBUG", "SET-ACTIVE-EXPIRE", "0");
      const client = await connect(gateway);
      const due = Date.now() + 400;
      await redis.client.set(`${prefix}:1`, "x", "PX", 400);
      const { snapshot } = await client.subscribe(`prefix:${prefix}:`, options);
      expect(snapshot).toMatchObject([{ key: `${prefix}:1`, ttl: expect.any(Number) }]);
      const { event, time } = await client.first("event");
      expect(event).toBe("expired");
      expect(time - due).toBeLessThan(1_000);
      client.socket.close();
      await redis.client.call("DEBUG", "SET-ACTIVE-EXPIRE", "1");
    },
  );

  it("cuts what is too large, and says how large it is", async () => {
    await redis.client.set("large", "x".repeat(100_000));
    const client = await connect(gateway);
    expect(await client.subscribe("key:large", { value: true })).toMatchObject({
      snapshot: [{ key: "large", value: { type: "string", truncated: true, length: 100_000 } }],
    });
  });

  it("begins with what is true now, on a channel that tells few events", async () => {
    await redis.client.set("quiet:1", "old");
    const first = await connect(gateway);
    const options = { events: ["del"], snapshot: 10 };
    await first.subscribe("prefix:quiet:", options);
    await redis.client.set("quiet:1", "new");
    await redis.client.del("quiet:0");
    const all = await connect(gateway);
    await all.subscribe("prefix:quiet:");
    await redis.client.set("quiet:1", "newest");
    await all.first("event");
    const second = await connect(gateway);
    expect(await second.subscribe("prefix:quiet:", options)).toMatchObject({
      snapshot: [{ key: "quiet:1", value: string("newest") }],
    });
  });

  it("refuses values to a grant without them", async () => {
    const client = await connect(gateway, { grants: [{ keys: "*" }] });
    expect(await client.subscribe("key:a", { value: true })).toMatchObject({ code: "forbidden" });
    expect(await client.subscribe("key:a")).toMatchObject({ type: "subscribed" });
  });
});

describe("GET /v1/value", () => {
  const get = async (query: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`${gateway.url}/v1/value?${query}`, { headers });
    return { status: response.status, body: await response.json() };
  };

  it("answers one key, or that it does not exist", async () => {
    const token = await mintToken();
    await redis.client.set("one key", "1", "EX", 100);
    const { status, body } = await get("key=one%20key", token);
    expect(status).toBe(200);
    expect(body).toMatchObject({ key: "one key", value: string("1") });
    expect(body.ttl).toBeGreaterThan(90_000);
    expect(await get("key=nobody", token)).toMatchObject({ status: 200, body: { value: null } });
    await redis.client.set(Buffer.from([0xff, 0x0f]), "raw");
    expect(await get("rawkey=_w8", token)).toMatchObject({ body: { key: null, key_raw: "/w8=" } });
  });

  it.each([
    ["key=a", undefined, 401, "unauthorized"],
    ["key=b:1", "narrow", 403, "forbidden"],
    ["", "narrow", 400, "bad_request"],
    ["key=a&rawkey=YQ", "narrow", 400, "bad_request"],
    ["key=a&db=x", "narrow", 400, "bad_request"],
    ["rawkey=a=", "narrow", 400, "bad_request"],
    ["key=%ff", "narrow", 400, "bad_request"],
    ["key=a&db=99", "narrow", 400, "bad_request"],
  ])("refuses %j as %s with %d", async (query, who, status, code) => {
    const grants = [{ keys: "a*", db: "*" as const, values: true }];
    const token = who === undefined ? undefined : await mintToken({ grants });
    const answer = await get(query, token);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ error: { code, message: expect.stringMatching(/./) } });
  });

  it("is up to date at once", async () => {
    const token = await mintToken();
    for (let at = 0; at < 20; at++) {
      await redis.client.set("fresh", String(at));
      expect((await get("key=fresh", token)).body.value).toEqual(string(String(at)));
    }
  });
});

it("what is read, kept and watched is told as metrics", async () => {
  const metrics = async () => (await fetch(`${gateway.url}/metrics`)).text();
  const failed = 'keywire_value_reads_total{outcome="failed"}';
  const before = (await metrics()).split("\n").find((line) => line.startsWith(failed));
  expect(before).toMatch(/ \d+$/);
  const client = await connect(gateway);
  await redis.client.set("metered:1", "1", "EX", 100);
  await client.subscribe("prefix:metered:", { value: true, snapshot: 10 });
  await redis.client.set("metered:1", "2", "EX", 100);
  await client.first("event");
  const text = await metrics();
  for (const figure of [
    'keywire_value_reads_total{outcome="read"}',
    "keywire_snapshots_total",
    "keywire_value_cache_bytes",
    "keywire_expiry_keys_watched",
  ]) {
    const line = text.split("\n").find((one) => one.startsWith(`${figure} `)) ?? "";
    expect(Number(line.split(" ").at(-1)), figure).toBeGreaterThanOrEqual(1);
  }
  expect(text).toContain(before);
  client.socket.close();
});
