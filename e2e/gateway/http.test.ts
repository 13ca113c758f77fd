import { connect as dial } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Gateway,
  mintToken,
  type StandaloneRedis,
  startGateway,
  startRedis,
  waitFor,
} from "../support/index.js";
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

const get = (path: string, init: RequestInit = {}) => fetch(`${gateway.url}${path}`, init);

describe("the dashboard", () => {
  it("is served under a policy that lets nothing in from elsewhere", async () => {
    const page = await get("/");
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("is asked for again each time, but not sent again; what it names by its content is kept", async () => {
    const page = await get("/");
    expect(page.headers.get("cache-control")).toBe("no-cache");
    const etag = page.headers.get("etag") ?? "";
    for (const known of [etag, `"other", W/${etag}`]) {
      expect((await get("/", { headers: { "if-none-match": known } })).status).toBe(304);
    }
    const [, script = ""] = /src="([^"]+\.js)"/.exec(await page.text()) ?? [];
    const asset = await get(script.replace(/^\.?\/?/, "/"));
    expect(asset.status).toBe(200);
    expect(asset.headers.get("content-type")).toContain("javascript");
    expect(asset.headers.get("cache-control")).toContain("immutable");
  });

  it.each(["/../package.json", "/..%2fmain.js", "/assets/../../main.js", "/%00"])(
    "is all there is: %s",
    async (path) => {
      expect((await get(path)).status).toBeGreaterThanOrEqual(400);
    },
  );
});

describe("health", () => {
  it("is told while Redis is there and while it is not", async () => {
    expect(await get("/healthz").then((response) => response.json())).toEqual({ status: "alive" });
    expect((await get("/readyz")).status).toBe(200);
    await redis.node.kill();
    const away = await waitFor(
      async () => {
        const response = await get("/readyz");
        return response.status === 503 ? response : undefined;
      },
      { what: "the gateway to notice" },
    );
    expect(((await away.json()) as { reasons: string[] }).reasons.join()).toContain(
      String(redis.node.port),
    );
    expect((await get("/healthz")).status).toBe(200);
    await redis.node.restart();
    await waitFor(async () => (await get("/readyz")).status === 200, { what: "readiness" });
  });

  it("is told from the start where Redis is not there yet, and served when it comes", async () => {
    const late = await startRedis();
    await late.node.kill();
    const early = await startGateway({ redis: late.url });
    expect((await fetch(`${early.url}/readyz`)).status).toBe(503);
    const client = await connect(early);
    expect(await client.subscribe("key:early")).toMatchObject({ code: "unavailable" });
    await late.node.restart();
    await waitFor(async () => (await fetch(`${early.url}/readyz`)).status === 200, {
      what: "readiness",
    });
    expect(await client.subscribe("key:early")).toMatchObject({ type: "subscribed" });
    await late.client.set("early", "x");
    await client.first("event");
    await early.stop();
    await late.stop();
  });
});

describe("metrics", () => {
  it("count what happens", async () => {
    const client = await connect(gateway);
    await client.subscribe("key:counted");
    await redis.client.set("counted", "1");
    await client.first("event");
    const text = await get("/metrics").then((response) => response.text());
    const figure = (name: string) =>
      Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text)?.[1]);
    expect(figure("keywire_sessions")).toBe(1);
    expect(figure("keywire_events_delivered_total")).toBeGreaterThanOrEqual(1);
    expect(figure("keywire_messages_received_total")).toBeGreaterThanOrEqual(1);
    expect(figure("keywire_bytes_sent_total")).toBeGreaterThan(100);
    expect(figure("keywire_delivery_delay_seconds_count")).toBeGreaterThanOrEqual(1);
    client.socket.close();
  });
});

describe("the admin API", () => {
  it.each([
    ["nobody", undefined, 401, "unauthorized"],
    ["a forger", () => mintToken({ admin: true, secret: "y".repeat(40) }), 401, "unauthorized"],
    ["somebody who is no admin", () => mintToken(), 403, "forbidden"],
  ])("is not for %s", async (_, mint, status, code) => {
    const headers = mint === undefined ? {} : { authorization: `Bearer ${await mint()}` };
    const response = await get("/v1/admin/state", { headers });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code, message: expect.any(String) } });
  });

  it("tells what the gateway holds", async () => {
    const client = await connect(gateway, { sub: "alice" });
    await client.subscribe("prefix:held:", { events: ["set"] });
    const headers = { authorization: `Bearer ${await mintToken({ admin: true })}` };
    const response = await get("/v1/admin/state", { headers });
    expect(response.headers.get("cache-control")).toBe("no-store");
    const state = (await response.json()) as Record<string, unknown>;
    expect(state).toMatchObject({
      nodes: [{ address: `127.0.0.1:${redis.node.port}`, state: "ready", role: "primary" }],
      channels: expect.arrayContaining([
        expect.objectContaining({ name: "prefix:held:", options: { events: ["set"] }, members: 1 }),
      ]),
      sessions: expect.arrayContaining([
        expect.objectContaining({ user: "alice", transport: "websocket", address: "127.0.0.1" }),
      ]),
      sinks: [],
    });
    expect(state["feeds"]).toContainEqual(
      expect.objectContaining({
        channel: "__keyspace@0__:held:*",
        kind: "psubscribe",
        refcount: 1,
      }),
    );
    expect(JSON.stringify(state)).not.toContain("eyJ");
  });
});

describe("a request that offers another protocol", () => {
  it("is answered as any other", async () => {
    const { hostname, port } = new URL(gateway.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = dial(Number(port), hostname);
      let text = "";
      socket.setEncoding("utf8");
      socket.on("data", (part) => {
        text += part;
      });
      socket.on("end", () => resolve(text));
      socket.on("error", reject);
      socket.write(
        [
          "GET /healthz HTTP/1.1",
          `Host: ${hostname}:${port}`,
          "Connection: Upgrade, HTTP2-Settings",
          "Upgrade: h2c",
          "HTTP2-Settings: AAEAAEAAAAIAAAAB",
          "",
          "",
        ].join("\r\n"),
      );
    });
    expect(answer).toMatch(/^HTTP\/1.1 200 OK/);
    expect(answer).toContain('{"status":"alive"}');
  });
});

describe("what there is not", () => {
  it.each([
    ["GET", "/nowhere", 404],
    ["GET", "/v1/nowhere", 404],
    ["POST", "/healthz", 405],
    ["DELETE", "/v1/admin/state", 405],
    ["POST", "/", 405],
  ])("%s %s is answered as JSON, %d", async (method, path, status) => {
    const headers = { authorization: `Bearer ${await mintToken({ admin: true })}` };
    const response = await get(path, { method, headers });
    expect(response.status).toBe(status);
    if (status === 405) expect(response.headers.get("allow")).toContain("GET");
    expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } });
  });
});
