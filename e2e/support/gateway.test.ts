import { expect, it } from "vitest";
import { startGateway } from "./gateway.js";
import { startRedis } from "./redis.js";
import { mintToken } from "./token.js";

it("starts the built gateway, restarts it where it was, and stops it in order", async () => {
  const redis = await startRedis();
  const gateway = await startGateway({ redis: redis.url });
  const { url, pid } = gateway;
  expect(gateway.wsUrl).toBe(`${url.replace("http", "ws")}/v1/ws`);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);

  await gateway.restart();
  expect(gateway.url).toBe(url);
  expect(gateway.pid).not.toBe(pid);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);

  expect(await gateway.stop()).toEqual({ code: 0, signal: null });
  expect(gateway.running).toBe(false);
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});

it("mints tokens that the gateway takes, unless they are signed with another secret", async () => {
  const redis = await startRedis();
  const { url } = await startGateway({ redis: redis.url });
  const statusWith = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${url}/v1/admin/state`, { headers })).status;
  };
  expect(await statusWith(await mintToken({ admin: true }))).toBe(200);
  expect(await statusWith(await mintToken({ admin: false }))).toBe(403);
  const secret = "another secret, which the gateway does not know";
  expect(await statusWith(await mintToken({ admin: true, secret }))).toBe(401);
});

it("says what the gateway wrote when it does not start", async () => {
  const starting = startGateway({ redis: "redis://127.0.0.1:1/0", env: { KEYWIRE_PORT: "never" } });
  await expect(starting).rejects.toThrow(/did not start; it wrote:\n(.|\n)*KEYWIRE_PORT/);
});
