import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  mintToken,
  type RedisCluster,
  reservePort,
  type StandaloneRedis,
  startCluster,
  startGateway,
  startRedis,
  waitFor,
} from "../support/index.js";
import { begin, type Command } from "./keywire.js";

interface Answer {
  readonly http: number;
  readonly status: string;
  readonly data: { readonly value: string; readonly ttl: number | null } | null;
  readonly error: string | null;
}

/** `keywire dev` on a Redis, and how to ask its checkout. */
async function startDev(redis: string, env: Record<string, string> = {}) {
  const { port } = await reservePort();
  const dev = begin(["dev"], { KEYWIRE_PORT: String(port), KEYWIRE_REDIS: redis, ...env });
  await dev.shows("Ctrl-C ends all of it.");
  const url = `http://127.0.0.1:${port}`;
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(url + path, init);
    return { http: response.status, ...((await response.json()) as Omit<Answer, "http">) };
  };
  const post = (path: string, body: unknown) =>
    ask(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  return { dev, url, ask, post };
}

let redis: StandaloneRedis;
let shop: Awaited<ReturnType<typeof startDev>>;

beforeAll(async () => {
  redis = await startRedis();
  shop = await startDev(redis.url);
});

afterAll(async () => {
  await end(shop?.dev);
  await redis?.stop();
});

async function end(dev: Command | undefined): Promise<void> {
  dev?.signal("SIGINT");
  await dev?.finished;
}

describe("POST /checkout", () => {
  it("holds an order for as long as asked for", async () => {
    const answer = await shop.post("/checkout", { id: "first", expire: 30 });
    expect(answer).toMatchObject({ http: 201, status: "set", data: { value: "30" }, error: null });
    expect(answer.data?.ttl).toBeGreaterThan(25_000);
    expect(answer.data?.ttl).toBeLessThanOrEqual(30_000);
    expect(await redis.client.get("checkout:first")).toBe("30");
    expect(await redis.client.pttl("checkout:first")).toBeGreaterThan(20_000);
  });

  it("twice says that it was not set, and leaves the order as it was", async () => {
    await shop.post("/checkout", { id: "twice", expire: 30 });
    const again = await shop.post("/checkout", { id: "twice", expire: 3_000 });
    expect(again).toMatchObject({ http: 409, status: "not_set", data: { value: "30" } });
    expect(again.error).toContain("order twice is there already");
    expect(again.data?.ttl).toBeLessThanOrEqual(30_000);
    expect(await redis.client.pttl("checkout:twice")).toBeLessThanOrEqual(30_000);
  });

  it.each([
    [{ id: "", expire: 3 }, "an order's id takes"],
    [{ id: "a b", expire: 3 }, "an order's id takes"],
    [{ id: "x".repeat(65), expire: 3 }, "an order's id takes"],
    [{ id: 7, expire: 3 }, "an order's id takes"],
    [{ id: "bad", expire: 0 }, "whole seconds"],
    [{ id: "bad", expire: 1.5 }, "whole seconds"],
    [{ id: "bad", expire: "3" }, "whole seconds"],
    [{ id: "bad", expire: 86_400 }, "whole seconds"],
    [{ id: "bad" }, "whole seconds"],
    [{ id: "bad", expire: 3, more: 1 }, "a new order takes"],
    [[], "a new order takes"],
    ["", "a new order takes"],
    ["{", "a new order takes"],
  ])("refuses %j with a sentence", async (body, sentence) => {
    const answer = await shop.post("/checkout", body);
    expect(answer).toMatchObject({ http: 400, status: "bad_request", data: null });
    expect(answer.error).toContain(sentence);
    expect(await redis.client.exists("checkout:bad")).toBe(0);
  });

  it("takes JSON alone, and not much of it", async () => {
    const body = JSON.stringify({ id: "bad", expire: 3 });
    const other = await shop.ask("/checkout", { method: "POST", body });
    expect(other).toMatchObject({ http: 400, error: expect.stringContaining("application/json") });
    const long = await shop.post("/checkout", { id: "bad", expire: 3, more: "x".repeat(2_000) });
    expect(long).toMatchObject({ http: 413, error: expect.stringContaining("1024 bytes") });
  });
});

describe("the routes", () => {
  it.each([
    ["PUT", "/checkout", "POST"],
    ["GET", "/checkout", "POST"],
    ["DELETE", "/checkout/first", "GET"],
    ["GET", "/checkout/first/pay", "POST"],
    ["POST", "/demo/checkout", "GET"],
  ])("%s %s is told what is taken instead", async (method, path, allowed) => {
    const answer = await fetch(shop.url + path, { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, allowed]);
  });
});

describe("an order", () => {
  it("is told with its time, until that is over", async () => {
    await shop.post("/checkout", { id: "short", expire: 1 });
    const held = await shop.ask("/checkout/short");
    expect(held).toMatchObject({ http: 200, status: "found", data: { value: "1" }, error: null });
    expect(held.data?.ttl).toBeLessThanOrEqual(1_000);
    const released = await waitFor(
      async () => {
        const answer = await shop.ask("/checkout/short");
        return answer.http === 404 ? answer : undefined;
      },
      { what: "the order to be released" },
    );
    expect(released).toMatchObject({ status: "not_found", data: null });
    expect(released.error).toContain("there is no order short");
  });

  it("that is paid stays", async () => {
    await shop.post("/checkout", { id: "kept", expire: 2 });
    const kept = { http: 200, status: "paid", data: { value: "2", ttl: null }, error: null };
    expect(await shop.post("/checkout/kept/pay", {})).toEqual(kept);
    expect(await shop.post("/checkout/kept/pay", {})).toEqual(kept);
    expect(await redis.client.ttl("checkout:kept")).toBe(-1);
  });

  it("that was never placed is not there, and one that cannot be is refused", async () => {
    expect(await shop.ask("/checkout/never")).toMatchObject({ http: 404 });
    expect(await shop.post("/checkout/never/pay", {})).toMatchObject({ http: 404 });
    expect(await shop.ask("/checkout/a%20b")).toMatchObject({ http: 400 });
  });
});

describe("the checkout", () => {
  it("has a token of its own, for its own keys", async () => {
    const token = await fetch(`${shop.url}/demo/checkout/token`).then((answer) => answer.text());
    const value = async (key: string) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${shop.url}/v1/value?key=${key}`, { headers })).status;
    };
    expect([await value("checkout:first"), await value("order:1")]).toEqual([200, 403]);
  });

  it("is there in development alone", async () => {
    const gateway = await startGateway({ redis: redis.url });
    const headers = { authorization: `Bearer ${await mintToken({ admin: true })}` };
    for (const path of ["/demo/checkout", "/demo/checkout/token", "/checkout/first"]) {
      expect((await fetch(gateway.url + path, { headers })).status).toBe(404);
    }
    await gateway.stop();
  });

  it("that can make no token says why, where the page would be", async () => {
    const { publicKey } = generateKeyPairSync("ed25519");
    const key = publicKey.export({ type: "spki", format: "pem" }).toString();
    const { dev, url } = await startDev(redis.url, { KEYWIRE_JWT_PUBLIC_KEY: key });
    const page = await fetch(`${url}/demo/checkout`);
    expect([page.status, await page.text()]).toEqual([503, expect.stringContaining("public keys")]);
    await end(dev);
  });

  it("says so where Redis is away", async () => {
    const other = await startRedis();
    const { dev, ask } = await startDev(other.url);
    await other.stop();
    const answer = await ask("/checkout/first");
    expect(answer).toMatchObject({ http: 503, status: "failed", data: null });
    expect(answer.error).toContain("try again");
    await end(dev);
  });

  it("serves a cluster as well", async () => {
    const cluster: RedisCluster = await startCluster();
    const { dev, post } = await startDev(cluster.url);
    for (const id of ["a", "b", "c", "d"]) {
      expect(await post("/checkout", { id, expire: 60 })).toMatchObject({ http: 201 });
      expect(await post(`/checkout/${id}/pay`, {})).toMatchObject({ status: "paid" });
    }
    await end(dev);
    await cluster.stop();
  });
});
