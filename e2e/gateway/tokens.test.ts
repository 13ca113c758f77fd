import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Gateway,
  mintToken,
  type StandaloneRedis,
  startGateway,
  startRedis,
} from "../support/index.js";
import { connect, ended, open } from "./client.js";

let redis: StandaloneRedis;
let gateway: Gateway;
let other: Gateway;

beforeAll(async () => {
  redis = await startRedis();
  [gateway, other] = await Promise.all([
    startGateway({ redis: redis.url }),
    startGateway({ redis: redis.url }),
  ]);
});

afterAll(async () => {
  await Promise.all([gateway?.stop(), other?.stop()]);
  await redis?.stop();
});

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds;

describe("grants", () => {
  it.each([
    ["key:user:1:x", {}, true],
    ["prefix:user:1:", {}, true],
    ["pattern:user:[1]:*", {}, true],
    ["prefix:user:1", {}, false],
    ["pattern:user:?:*", {}, false],
    ["key:user:2:x", {}, false],
    ["event:set", {}, false],
    ["key@3:user:1:x", {}, false],
    ["key@*:user:1:x", {}, false],
  ])("user:1:* for %s: %j is allowed: %s", async (channel, options, allowed) => {
    const client = await connect(gateway, { grants: [{ keys: "user:1:*" }] });
    const answer = await client.subscribe(channel, options);
    expect(answer).toMatchObject(
      allowed ? { type: "subscribed" } : { type: "error", code: "forbidden" },
    );
  });

  it("of some events cover channels of no others", async () => {
    const client = await connect(gateway, { grants: [{ keys: "*", events: ["set", "del"] }] });
    expect(await client.subscribe("key:a", { events: ["del"] })).toMatchObject({
      type: "subscribed",
    });
    expect(await client.subscribe("key:a")).toMatchObject({ code: "forbidden" });
    expect(await client.subscribe("event:del")).toMatchObject({ type: "subscribed" });
    expect(await client.subscribe("event:expired")).toMatchObject({ code: "forbidden" });
  });
});

describe("a token that replaces another", () => {
  it("goes on serving what it covers and ends what it does not", async () => {
    const client = await connect(gateway, { sub: "alice" });
    for (const channel of ["key:a:1", "prefix:b:"]) await client.subscribe(channel);
    const less = await mintToken({
      sub: "alice",
      grants: [{ keys: "a:*" }],
      exp: inSeconds(7_200),
    });
    client.send({ type: "auth", token: less });
    const ended = await client.first("unsubscribed");
    expect(ended).toMatchObject({ channel: "prefix:b:", code: "forbidden" });
    expect(ended).not.toHaveProperty("id");
    const [first, second] = client.messages.items.filter(({ type }) => type === "welcome");
    expect(Number(second?.["expires"])).toBeGreaterThan(Number(first?.["expires"]));
    expect(second?.["session"]).toBe(first?.["session"]);
    await redis.client.mset("b:1", "x", "a:1", "x");
    await client.first("event");
    expect(client.keys).toEqual(["a:1"]);
  });

  it("changes nothing where it is no good", async () => {
    const client = await connect(gateway);
    await client.subscribe("key:still");
    client.send({ type: "auth", token: "nonsense" });
    expect(await client.first("error")).toMatchObject({ code: "unauthorized" });
    await redis.client.set("still", "here");
    await client.first("event");
    expect(client.end).toBeUndefined();
  });
});

describe("the end of a token", () => {
  it("is told ahead, and ends the connection with 4409", async () => {
    const exp = inSeconds(2);
    const client = await connect(gateway, { exp });
    expect(await client.first("expiring")).toEqual({ type: "expiring", at: exp * 1_000 });
    expect(await ended(client)).toMatchObject({ code: 4409 });
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1_000);
    expect(client.messages.items.at(-1)).toMatchObject({ type: "error", code: "token_expired" });
  });

  it("does not come for who has replaced it", async () => {
    const exp = inSeconds(2);
    const [client, other] = [await connect(gateway, { exp }), await connect(gateway, { exp })];
    client.send({ type: "auth", token: await mintToken() });
    await client.first("welcome", ({ expires }) => expires > Date.now() + 60_000);
    await ended(other);
    client.send({ type: "ping" });
    await client.first("pong");
    expect(client.end).toBeUndefined();
  });
});

describe("revocation", () => {
  const revoke = async (body: string | Blob | object, token?: string) =>
    fetch(`${gateway.url}/v1/admin/revocations`, {
      method: "POST",
      headers: { authorization: `Bearer ${token ?? (await mintToken({ admin: true }))}` },
      body: typeof body === "string" || body instanceof Blob ? body : JSON.stringify(body),
    });

  it("of a user ends their sessions on every gateway, and refuses their tokens", async () => {
    const token = await mintToken({ sub: "mallory" });
    const [here, there] = [await connect(gateway, { token }), await connect(other, { token })];
    const bystander = await connect(other, { sub: "alice" });
    expect((await revoke({ sub: "mallory" })).status).toBe(200);
    for (const client of [here, there]) {
      expect(await ended(client)).toMatchObject({ code: 4409 });
      expect(await client.first("error")).toMatchObject({ code: "unauthorized" });
    }
    for (const gate of [gateway, other]) {
      expect(await ended(await open(gate, { token }))).toMatchObject({ code: 4401 });
    }
    expect(bystander.end).toBeUndefined();
  });

  it("of one token leaves the user's others", async () => {
    const one = await connect(gateway, { sub: "bob", claims: { jti: "one" } });
    const two = await connect(gateway, { sub: "bob", claims: { jti: "two" } });
    expect((await revoke({ jti: "one" })).status).toBe(200);
    expect(await ended(one)).toMatchObject({ code: 4409 });
    two.send({ type: "ping" });
    await two.first("pong");
  });

  it.each([new Blob([Buffer.from(`{"sub":"zo\xeb"}`, "latin1")]), '{"sub":"eve\\ud800"}'])(
    "is not said to count where it names nobody: %s",
    async (body) => {
      expect((await revoke(body)).status).toBe(400);
    },
  );

  it("is for admins alone, and says what it takes", async () => {
    expect((await revoke({ sub: "x" }, await mintToken())).status).toBe(403);
    expect((await revoke({ sub: "x" }, "nonsense")).status).toBe(401);
    const nonsense = await revoke({ user: "x" });
    expect(nonsense.status).toBe(400);
    expect(await nonsense.json()).toMatchObject({ error: { code: "bad_request" } });
  });
});
