import { connect as dial, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type Gateway,
  hold,
  mintToken,
  type StandaloneRedis,
  startGateway,
  startRedis,
  waitFor,
} from "../support/index.js";
import { connect, ended, open } from "./client.js";

let redis: StandaloneRedis;
let gateway: Gateway;

beforeAll(async () => {
  redis = await startRedis();
});

beforeEach(async () => {
  gateway = await startGateway({ redis: redis.url });
});

afterAll(async () => {
  await redis?.stop();
});

/** A client that shakes hands and then neither reads nor answers anything. */
async function mute(token: string): Promise<Socket> {
  const { hostname, port } = new URL(gateway.url);
  const socket = dial(Number(port), hostname);
  hold(() => void socket.destroy());
  socket.on("error", () => {});
  socket.write(
    [
      "GET /v1/ws HTTP/1.1",
      `Host: ${hostname}:${port}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      `Authorization: Bearer ${token}`,
      "",
      "",
    ].join("\r\n"),
  );
  await new Promise((resolve) => socket.once("data", resolve));
  socket.pause();
  return socket;
}

const sessions = async () => {
  const headers = { authorization: `Bearer ${await mintToken({ admin: true })}` };
  const state = await fetch(`${gateway.url}/v1/admin/state`, { headers });
  return ((await state.json()) as { sessions: unknown[] }).sessions.length;
};

describe("SIGTERM", () => {
  it("says goodbye to all, each with a time of its own to come back, and ends well", async () => {
    const token = await mintToken();
    const clients = await Promise.all(
      Array.from({ length: 40 }, () => connect(gateway, { token })),
    );
    await Promise.all(clients.map((client) => client.subscribe("key:a")));
    const started = Date.now();
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
    expect(Date.now() - started).toBeLessThan(5_000);
    const starts = new Set<number>();
    for (const client of clients) {
      expect(await ended(client)).toMatchObject({ code: 1012 });
      const goodbye = client.messages.items.at(-1);
      expect(goodbye).toMatchObject({ type: "goodbye", reason: "draining" });
      if (goodbye?.type !== "goodbye") continue;
      expect(goodbye.reconnect.max).toBeGreaterThan(goodbye.reconnect.min);
      starts.add(goodbye.reconnect.min);
    }
    expect(starts.size).toBeGreaterThan(10);
  });

  it("is not ready at once, lets nobody in, and does not wait for ever", async () => {
    await mute(await mintToken());
    await waitFor(async () => (await sessions()) === 1, { what: "the mute session" });
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    const stopped = gateway.stop();
    const ready = await waitFor(
      async () => {
        const response = await fetch(`${gateway.url}/readyz`);
        return response.status === 503 ? response : undefined;
      },
      { what: "the gateway to be not ready" },
    );
    expect(await ready.json()).toMatchObject({ reasons: [expect.stringContaining("going away")] });
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    const late = await open(gateway);
    expect(await ended(late)).toMatchObject({ code: 1012 });
    expect(await late.first("error")).toMatchObject({ code: "unavailable" });
    expect(await stopped).toEqual({ code: 0, signal: null });
  });

  it("leaves nothing subscribed in Redis", async () => {
    const client = await connect(gateway);
    await client.subscribe("key:a");
    await client.subscribe("prefix:b");
    expect(Number(await redis.client.pubsub("NUMPAT"))).toBe(1);
    await gateway.stop();
    expect(Number(await redis.client.pubsub("NUMPAT"))).toBe(0);
    expect(await redis.client.pubsub("CHANNELS", "*")).toEqual([]);
    expect(await redis.client.call("PUBSUB", "SHARDCHANNELS")).toEqual([]);
  });
});
