import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Gateway,
  mintToken,
  type StandaloneRedis,
  startGateway,
  startRedis,
  waitFor,
} from "../support/index.js";
import { type Client, connect, ended, open } from "./client.js";

/** Tests that need a fast end set it; the others never come near. */
const AUTH_TIMEOUT = "300ms";

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
        KEYWIRE_AUTH_TIMEOUT: AUTH_TIMEOUT,
        KEYWIRE_TRUST_PROXY: "true",
        KEYWIRE_MAX_SESSIONS: "6",
        KEYWIRE_MAX_SESSIONS_PER_USER: "2",
        KEYWIRE_MAX_SESSIONS_PER_ADDRESS: "3",
        KEYWIRE_ALLOWED_ORIGINS: "https://app.example,http://localhost:5173",
      },
    }),
  ]);
});

afterAll(async () => {
  await Promise.all([gateway?.stop(), tight?.stop()]);
  await redis?.stop();
});

describe("showing a token", () => {
  it.each(["header", "subprotocol", "message"] as const)("works by %s", async (via) => {
    const client = await connect(gateway, { via, sub: "alice" });
    expect(await client.first("welcome")).toMatchObject({
      protocol: 1,
      session: expect.stringMatching(/./),
      user: "alice",
      heartbeat: 25_000,
      limits: { subscriptions: 128, message: 65_536 },
    });
    expect(client.socket.protocol).toBe("keywire.v1");
    const answer = await client.subscribe(`key:greeting:${via}`);
    expect(answer).toMatchObject({ type: "subscribed", offset: 0, epoch: expect.any(String) });
    await redis.client.set(`greeting:${via}`, "hello");
    const event = await client.first("event");
    expect(event).toMatchObject({ offset: 1, event: "set", key: `greeting:${via}`, db: 0 });
    expect(Math.abs(event.time - Date.now())).toBeLessThan(5_000);
  });

  it("works without any subprotocol", async () => {
    const client = await connect(gateway, { protocols: [] });
    expect(client.socket.protocol).toBe("");
  });

  it("prefers the header to the subprotocol, and a bad one is not made up for by a good one", async () => {
    const client = await open(gateway, {
      via: "subprotocol",
      headers: { authorization: "Bearer nonsense" },
    });
    expect((await ended(client)).code).toBe(4401);
  });

  it("answers in order what comes with it, before it is verified", async () => {
    const token = await mintToken();
    const client = await open(gateway, { token: null });
    client.socket.once("open", () => {
      client.send({ type: "auth", token });
      client.send([{ type: "subscribe", id: 1, channel: "key:a" }, { type: "ping" }]);
    });
    await client.first("pong");
    await client.first("subscribed");
    expect(client.messages.items[0]?.type).toBe("welcome");
  });

  it.each([
    ["is none", async () => "nonsense"],
    ["is signed by somebody else", () => mintToken({ secret: "x".repeat(40) })],
    ["has expired", () => mintToken({ exp: Math.floor(Date.now() / 1_000) - 60 })],
  ])("that %s ends the connection with 4401", async (_, mint) => {
    for (const via of ["header", "message"] as const) {
      const client = await open(gateway, { token: await mint(), via });
      expect(await ended(client)).toMatchObject({ code: 4401 });
      const error = await client.first("error");
      expect(["unauthorized", "token_expired"]).toContain(error.code);
      expect(client.messages.items).toHaveLength(1);
    }
  });

  it("in time is a must", async () => {
    const started = Date.now();
    const client = await open(tight, { token: null });
    expect(await ended(client)).toMatchObject({ code: 4401 });
    expect(Date.now() - started).toBeGreaterThanOrEqual(300);
    expect(client.messages.items).toMatchObject([{ type: "error", code: "unauthorized" }]);
  });

  it("comes first", async () => {
    const client = await open(gateway, { token: null });
    client.socket.once("open", () => client.send({ type: "subscribe", channel: "key:a" }));
    expect(await ended(client)).toMatchObject({ code: 4401 });
  });
});

describe("origins", () => {
  it("other than the gateway's own are turned away with 4403, which a page can read", async () => {
    const client = await open(gateway, { origin: "https://evil.example" });
    expect(await ended(client)).toMatchObject({ code: 4403 });
    expect(client.messages.items).toMatchObject([{ type: "error", code: "forbidden" }]);
  });

  it("of the gateway itself, and none at all, come in", async () => {
    await connect(gateway, { origin: gateway.url });
    await connect(gateway);
  });

  it("come in as configured, and then no others", async () => {
    const client = await connect(tight, { origin: "https://app.example", sub: "origin" });
    client.socket.close();
    expect(await ended(await open(tight, { origin: tight.url }))).toMatchObject({ code: 4403 });
  });
});

describe("too many", () => {
  /** Connections that are gone count until the gateway has noticed. */
  async function empty(): Promise<void> {
    await waitFor(
      async () =>
        (await fetch(`${tight.url}/metrics`).then((r) => r.text())).includes(
          'keywire_sessions{transport="websocket"} 0',
        ),
      { what: "all sessions to be gone" },
    );
  }
  const from = (address: string) => ({ headers: { "x-forwarded-for": `6.6.6.6, ${address}` } });
  const close = async (...clients: Client[]) => {
    for (const { socket } of clients) socket.close();
    await empty();
  };

  it("sessions of a user are closed with 4429", async () => {
    await empty();
    const two = [await connect(tight, { sub: "eve" }), await connect(tight, { sub: "eve" })];
    const third = await open(tight, { token: await mintToken({ sub: "eve" }) });
    expect(await ended(third)).toMatchObject({ code: 4429 });
    expect(await third.first("error")).toMatchObject({ code: "limit_exceeded" });
    const other = await connect(tight, { sub: "mallory" });
    await close(...two, other);
  });

  it("sessions from an address are closed with 4429, whatever the client says it forwards", async () => {
    await empty();
    const there = [];
    for (const sub of ["a", "b", "c"])
      there.push(await connect(tight, { sub, ...from("9.9.9.9") }));
    const fourth = await open(tight, { token: await mintToken({ sub: "d" }), ...from("9.9.9.9") });
    expect(await ended(fourth)).toMatchObject({ code: 4429 });
    expect(await fourth.first("error")).toMatchObject({ code: "limit_exceeded" });
    there.push(await connect(tight, { sub: "d", ...from("9.9.9.8") }));
    await close(...there);
  });

  it("sessions in all are closed with 4429", async () => {
    await empty();
    const there = [];
    for (let count = 0; count < 6; count++) {
      there.push(await connect(tight, { sub: `u${count}`, ...from(`8.8.8.${count}`) }));
    }
    const seventh = await open(tight, {
      token: await mintToken({ sub: "u9" }),
      ...from("7.7.7.7"),
    });
    expect(await ended(seventh)).toMatchObject({ code: 4429 });
    await close(...there);
  });
});

describe("upgrades", () => {
  it("too fast are refused with 429 before anything is made of them", async () => {
    const slow = await startGateway({ redis: redis.url, env: { KEYWIRE_UPGRADE_RATE: "2" } });
    const token = await mintToken();
    const clients = await Promise.all(Array.from({ length: 10 }, () => open(slow, { token })));
    await waitFor(
      () =>
        clients.every(
          ({ refusal, messages }) => refusal !== undefined || messages.items.length > 0,
        ),
      { what: "all to be answered" },
    );
    const refused = clients.filter(({ refusal }) => refusal !== undefined);
    expect(refused.length).toBeGreaterThanOrEqual(5);
    expect(clients.length - refused.length).toBeGreaterThanOrEqual(2);
    expect(refused[0]?.refusal).toMatchObject({
      status: 429,
      body: { error: { code: "rate_limited", message: expect.any(String) } },
    });
    await slow.stop();
  });

  it("of other addresses, and requests that are none, are told so", async () => {
    const elsewhere = await open({ wsUrl: `${gateway.wsUrl}/elsewhere` });
    await waitFor(() => elsewhere.refusal, { what: "the refusal" });
    expect(elsewhere.refusal).toMatchObject({ status: 404, body: { error: {} } });
    const plain = await fetch(`${gateway.url}/v1/ws`);
    expect(plain.status).toBe(426);
    expect(await plain.json()).toMatchObject({ error: { code: "bad_request" } });
  });
});
