import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Gateway,
  mintToken,
  type StandaloneRedis,
  startGateway,
  startRedis,
  waitFor,
} from "../support/index.js";
import { missedBehind } from "./client.js";
import { stream } from "./event-stream.js";

/** A line of the metrics that says so. */
const OPEN_SESSION = /^keywire_sessions\{.*\} [1-9]/m;

let redis: StandaloneRedis;
let gateway: Gateway;
let tight: Gateway;

beforeAll(async () => {
  redis = await startRedis();
  [gateway, tight] = await Promise.all([
    startGateway({ redis: redis.url }),
    startGateway({
      redis: redis.url,
      env: {
        KEYWIRE_HEARTBEAT: "1s",
        KEYWIRE_TOKEN_COOKIE: "wire",
        KEYWIRE_ALLOWED_ORIGINS: "https://app.example",
        KEYWIRE_MAX_SESSIONS_PER_USER: "1",
        KEYWIRE_MAX_SUBSCRIPTIONS: "3",
        KEYWIRE_MAX_MESSAGE_BYTES: "2000",
      },
    }),
  ]);
});

afterAll(async () => {
  await Promise.all([gateway?.stop(), tight?.stop()]);
  await redis?.stop();
});

describe("a stream", () => {
  it("tells of its channels, as WebSockets do", async () => {
    const all = await stream(gateway, "channel=prefix:order:&channel=key:user:1&events=set,del");
    expect(all.response?.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    await redis.client.set("order:42", "1", "EX", 100);
    await redis.client.set("user:1", "1");
    await all.messages.first((message) => message["key"] === "user:1");
    expect(all.events.items.map(({ type }) => type)).toEqual([
      "welcome",
      "subscribed",
      "subscribed",
      "event",
      "event",
    ]);
    for (const { type, data } of all.events.items) expect(JSON.parse(data).type).toBe(type);
    expect(all.messages.items.slice(3)).toMatchObject([
      { channel: "prefix:order:", offset: 1, event: "set", key: "order:42" },
      { channel: "key:user:1", offset: 1, event: "set", key: "user:1" },
    ]);
  });

  it("takes channels with options and places of their own", async () => {
    const first = await stream(gateway, "channel=key:own");
    const { epoch } = await first.messages.first(({ type }) => type === "subscribed");
    await redis.client.set("own", "1");
    await redis.client.set("own", "2");
    await first.messages.first((message) => message["offset"] === 2);
    first.close();
    const own = await stream(gateway, [
      { type: "subscribe", id: 7, channel: "key:own", since: { epoch, offset: 1 } },
      { type: "subscribe", channel: "key:other", events: ["del"] },
    ]);
    await redis.client.set("other", "1");
    await redis.client.del("other");
    await own.messages.first((message) => message["event"] === "del");
    const messages = own.messages.items.filter(({ type }) => type !== "welcome");
    expect(messages.find((message) => message["id"] === 7)).toMatchObject({ resumed: true });
    expect(messages.filter(({ type }) => type === "event")).toMatchObject([
      { channel: "key:own", offset: 2 },
      { channel: "key:other", offset: 1, event: "del" },
    ]);
  });

  it("is kept alive by comments", async () => {
    const quiet = await stream(tight, "channel=key:quiet");
    await waitFor(() => quiet.comments >= 2, { what: "two comments" });
    expect(quiet.messages.items).toHaveLength(2);
    quiet.close();
  });

  it("takes its token from the cookie that is configured, and from none other", async () => {
    const token = await mintToken({ sub: "cookie" });
    const headers = { cookie: `other=1; wire=${token}` };
    const open = await stream(tight, "channel=key:a", { token: null, headers });
    expect(open.messages.items[0]).toMatchObject({ type: "welcome", user: "cookie" });
    open.close();
    const refused = await stream(gateway, "channel=key:a", { token: null, headers });
    expect(refused.response?.statusCode).toBe(401);
  });
});

describe("coming back", () => {
  const channels = "channel=key:back:1&channel=prefix:back:2:&channel=event:hset";

  async function told(): Promise<void> {
    await redis.client.set("back:1", "x");
    await redis.client.set("back:2:x", "x");
    await redis.client.hset("back:h", "f", "v");
  }

  it("with the last event's id goes on in each channel, whichever event was the last", async () => {
    const first = await stream(gateway, channels);
    await told();
    await told();
    const count = 1 + 3 + 6;
    await first.events.atLeast(count);
    first.close();
    // Wherever the connection broke: nothing is missing behind it, and nothing comes twice.
    for (const broken of first.events.items.slice(4)) {
      const at = first.events.items.indexOf(broken);
      const rest = first.messages.items.slice(at + 1);
      const again = await stream(gateway, channels, { lastEventId: broken.lastEventId });
      await again.events.atLeast(1 + 3 + rest.length);
      const events = again.messages.items.filter(({ type }) => type === "event");
      const byChannel = (messages: readonly { channel?: unknown }[]) =>
        [...messages].sort((a, b) => String(a.channel).localeCompare(String(b.channel)));
      expect(byChannel(events as [])).toEqual(byChannel(rest as []));
      for (const { type, ...message } of again.messages.items) {
        if (type === "subscribed") expect(message).toMatchObject({ resumed: true });
      }
      again.close();
    }
  });

  it("to another gateway, or with an id that nobody gave, is told of a gap in each channel", async () => {
    const first = await stream(gateway, channels);
    await told();
    await first.events.atLeast(7);
    first.close();
    const { lastEventId } = first;
    for (const id of [lastEventId, "nonsense"]) {
      const again = await stream(tight, channels, { lastEventId: id });
      await again.events.atLeast(7);
      const gaps = again.messages.items.filter(({ type }) => type === "gap");
      expect(gaps).toHaveLength(3);
      for (const gap of gaps)
        expect(gap).toMatchObject({ reason: "gateway_restarted", missed: null });
      again.close();
      await waitFor(async () => !OPEN_SESSION.test(await metrics(tight)), {
        what: "the session to be gone",
      });
    }
  });
});

const metrics = (gate: Gateway) => fetch(`${gate.url}/metrics`).then((answer) => answer.text());

describe("what keeps a stream from beginning is an ordinary answer", () => {
  const long = `key:${"x".repeat(2_000)}`;
  it.each([
    ["no channel", "", {}, 400, "bad_request"],
    ["no channel that is one", "channel=nonsense", {}, 400, "bad_request"],
    ["options that make no sense", "channel=key:a&value=perhaps", {}, 400, "bad_request"],
    ["a subscribe that is none", "subscribe={", {}, 400, "bad_request"],
    ["another message", 'subscribe={"type":"ping"}', {}, 400, "bad_request"],
    ["a channel twice", "channel=key:a&channel=key:a", {}, 400, "bad_request"],
    ["no token", "channel=key:a", { token: null }, 401, "unauthorized"],
    ["a bad token", "channel=key:a", { token: "nonsense" }, 401, "unauthorized"],
    ["too long a query", `channel=${long}`, {}, 413, "bad_request"],
    [
      "too many channels",
      "channel=key:1&channel=key:2&channel=key:3&channel=key:4",
      {},
      429,
      "limit_exceeded",
    ],
    [
      "a foreign origin",
      "channel=key:a",
      { headers: { origin: "https://evil.example" } },
      403,
      "forbidden",
    ],
  ])("%s", async (_, query, options, status, code) => {
    const refused = await stream(tight, query, options);
    await waitFor(() => refused.body, { what: "the body" });
    expect(refused.response?.statusCode).toBe(status);
    expect(JSON.parse(refused.body)).toEqual({
      error: { code, message: expect.stringMatching(/./) },
    });
  });

  it("a grant that is missing, for one channel of several", async () => {
    const token = await mintToken({ grants: [{ keys: "a:*" }] });
    const refused = await stream(gateway, "channel=key:a:1&channel=key:b:1", { token });
    expect(refused.response?.statusCode).toBe(403);
    await waitFor(() => refused.body.includes("forbidden"), { what: "the body" });
    const fine = await stream(gateway, "channel=key:a:1&channel=prefix:a:", { token });
    expect(fine.response?.statusCode).toBe(200);
    fine.close();
  });

  it("too many sessions of a user", async () => {
    const token = await mintToken({ sub: "one" });
    const first = await stream(tight, "channel=key:a", { token });
    const second = await stream(tight, "channel=key:a", { token });
    expect(second.response?.statusCode).toBe(429);
    expect(second.response?.headers["retry-after"]).toBeDefined();
    first.close();
  });

  it("and leaves no session behind", async () => {
    await waitFor(async () => !OPEN_SESSION.test(await metrics(tight)), {
      what: "all sessions to be gone",
    });
  });
});

describe("pages of other origins", () => {
  const origin = "https://app.example";

  it("may ask, and fetch, where they may connect", async () => {
    const asked = await fetch(`${tight.url}/v1/sse?channel=key:a`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-headers": "authorization,last-event-id" },
    });
    expect(asked.status).toBe(204);
    expect(asked.headers.get("access-control-allow-origin")).toBe(origin);
    expect(asked.headers.get("access-control-allow-headers")).toMatch(
      /authorization.*last-event-id/i,
    );
    const fetched = await stream(tight, "channel=key:a", { headers: { origin } });
    expect(fetched.response?.headers).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-credentials": "true",
      vary: "Origin",
    });
    fetched.close();
  });

  it("can read why they were refused", async () => {
    const refused = await stream(tight, "channel=nonsense", { headers: { origin } });
    expect(refused.response?.statusCode).toBe(400);
    expect(refused.response?.headers["access-control-allow-origin"]).toBe(origin);
  });

  it("may not even ask elsewhere", async () => {
    const asked = await fetch(`${tight.url}/v1/sse`, {
      method: "OPTIONS",
      headers: { origin: "https://evil.example" },
    });
    expect(asked.status).toBe(403);
    expect(asked.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("a thousand events", () => {
  it("come in order, each once, over one channel and over many", async () => {
    const one = await stream(gateway, "channel=prefix:many:&events=set");
    const two = await stream(gateway, "channel=prefix:many:&channel=key:many:7&events=set");
    const keys = Array.from({ length: 1_000 }, (_, index) => `many:${index}`);
    await Promise.all(keys.map((key) => redis.client.set(key, "x")));
    for (const { messages } of [one, two]) {
      await messages.first((message) => message["key"] === "many:999");
      const events = messages.items.filter(
        (message) => message.type === "event" && message.channel === "prefix:many:",
      );
      expect(missedBehind(0, events)).toBe(0);
      expect(events.map((message) => message["key"])).toEqual(keys);
    }
    expect(
      two.messages.items.filter((message) => message["channel"] === "key:many:7"),
    ).toHaveLength(2);
  });
});
