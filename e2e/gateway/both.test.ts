import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Gateway,
  mintToken,
  type StandaloneRedis,
  startGateway,
  startRedis,
  waitFor,
} from "../support/index.js";
import { missedBehind, type Received } from "./client.js";
import { type Kind, type Listener, listen } from "./listener.js";

/** Bytes that may wait for a client. */
const OUTBOX = 128 * 1_024;

let redis: StandaloneRedis;
let gateway: Gateway;

beforeAll(async () => {
  redis = await startRedis();
  gateway = await startGateway({
    redis: redis.url,
    env: { KEYWIRE_OUTBOX_BYTES: String(OUTBOX), KEYWIRE_HISTORY_SIZE: "100" },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await redis?.stop();
});

const of = ({ messages }: Listener, channel: string): Received[] =>
  messages.items.filter(
    (message) =>
      (message.type === "event" || message.type === "gap") && message.channel === channel,
  );

const keysOf = (messages: readonly Received[]) =>
  messages.flatMap((message) => (message.type === "event" ? message.key : []));

async function outboxOf(user: string): Promise<{ outbox: number; dropped: number }> {
  const headers = { authorization: `Bearer ${await mintToken({ admin: true })}` };
  const response = await fetch(`${gateway.url}/v1/admin/state`, { headers });
  const { sessions } = (await response.json()) as {
    sessions: { user: string; outbox: number; dropped: number }[];
  };
  return sessions.find((session) => session.user === user) ?? { outbox: 0, dropped: 0 };
}

describe.each<Kind>(["websocket", "sse"])("over %s", (kind) => {
  const name = (rest: string) => `${kind}:${rest}`;

  it("a session begins with its welcome, answers, then tells, in order", async () => {
    const channels = [`key:${name("k")}`, `prefix:${name("p:")}`, `pattern:${name("*:t")}`];
    const listener = await listen(
      kind,
      gateway,
      channels.map((channel) => ({ channel })),
    );
    await redis.client.mset(name("k"), "1", name("p:t"), "1", name("x:t"), "1");
    await listener.messages.first((message) => message["key"] === name("x:t"));
    expect(listener.messages.items.map(({ type }) => type).slice(0, 4)).toEqual([
      "welcome",
      "subscribed",
      "subscribed",
      "subscribed",
    ]);
    expect(keysOf(of(listener, channels[0] ?? ""))).toEqual([name("k")]);
    expect(keysOf(of(listener, channels[1] ?? ""))).toEqual([name("p:t")]);
    expect(keysOf(of(listener, channels[2] ?? ""))).toEqual([name("p:t"), name("x:t")]);
    listener.close();
  });

  it("who comes back goes on where it was, or is told how much it missed", async () => {
    const channel = `prefix:${name("back:")}`;
    const first = await listen(kind, gateway, [{ channel, events: ["set"] }]);
    const { epoch } = await first.messages.first(({ type }) => type === "subscribed");
    const write = async (from: number, to: number) => {
      const keys = Array.from({ length: to - from }, (_, at) => name(`back:${from + at}`));
      await Promise.all(keys.map((key) => redis.client.set(key, "x")));
      return keys;
    };
    await write(0, 10);
    await first.messages.first((message) => message["offset"] === 10);
    first.close();
    const next = await write(10, 20);
    const since = { epoch: String(epoch), offset: 10 };
    const second = await listen(kind, gateway, [{ channel, events: ["set"], since }]);
    await waitFor(() => of(second, channel).length === 10, { what: "what it missed" });
    expect(keysOf(of(second, channel))).toEqual(next);
    expect(missedBehind(10, of(second, channel))).toBe(0);
    second.close();
    const later = await write(20, 200);
    const third = await listen(kind, gateway, [{ channel, events: ["set"], since }]);
    await waitFor(() => keysOf(of(third, channel)).at(-1) === later.at(-1), { what: "the newest" });
    expect(of(third, channel)[0]).toMatchObject({ type: "gap", reason: "history_expired" });
    expect(missedBehind(10, of(third, channel)) + keysOf(of(third, channel)).length).toBe(190);
    third.close();
  });

  it("who does not read costs its bound, and is told what it missed", async () => {
    const user = name("sleeper");
    const prefix = name("sleep:");
    const channel = `prefix:${prefix}`;
    const token = await mintToken({ sub: user });
    const listener = await listen(kind, gateway, [{ channel }], token);
    listener.pause();
    let events = 0;
    await waitFor(
      async () => {
        const keys = Array.from({ length: 500 }, () => `${prefix}${events++}:`.padEnd(4_000, "x"));
        await Promise.all(keys.map((key) => redis.client.publish(`__keyspace@0__:${key}`, "set")));
        const { outbox, dropped } = await outboxOf(user);
        expect(outbox).toBeLessThan(OUTBOX + 200_000);
        return dropped > 1_000;
      },
      { what: "messages to be dropped", deadline: 30_000 },
    );
    listener.resume();
    const newest = `${prefix}${events - 1}:`.padEnd(4_000, "x");
    await waitFor(() => keysOf(of(listener, channel)).at(-1) === newest, {
      what: "the newest event",
      deadline: 30_000,
    });
    const missed = missedBehind(0, of(listener, channel));
    expect(missed).toBe((await outboxOf(user)).dropped);
    expect(keysOf(of(listener, channel)).length + missed).toBe(events);
    listener.close();
  });

  it("a token's end is told, and ends the session", async () => {
    const exp = Math.floor(Date.now() / 1_000) + 2;
    const token = await mintToken({ exp });
    const listener = await listen(kind, gateway, [{ channel: `key:${name("t")}` }], token);
    await listener.messages.first(({ type }) => type === "expiring");
    await listener.ended();
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1_000);
    expect(listener.messages.items.at(-1)).toMatchObject({ type: "error", code: "token_expired" });
  });

  it("so does its revocation", async () => {
    const user = name("mallory");
    const token = await mintToken({ sub: user });
    const listener = await listen(kind, gateway, [{ channel: `key:${name("r")}` }], token);
    const admin = await mintToken({ admin: true });
    await fetch(`${gateway.url}/v1/admin/revocations`, {
      method: "POST",
      headers: { authorization: `Bearer ${admin}` },
      body: JSON.stringify({ sub: user }),
    });
    await listener.ended();
    expect(listener.messages.items.at(-1)).toMatchObject({ type: "error", code: "unauthorized" });
  });

  it("Redis going away and coming back is a gap at its place", async () => {
    const own = await startRedis();
    const gate = await startGateway({ redis: own.url });
    const channel = `prefix:${name("g:")}`;
    const listener = await listen(kind, gate, [{ channel, events: ["set"] }]);
    await own.client.set(name("g:1"), "x");
    await listener.messages.first((message) => message["offset"] === 1);
    const before = Date.now();
    await own.node.kill();
    await own.node.restart();
    const gap = await listener.messages.first(({ type }) => type === "gap", { deadline: 20_000 });
    expect(gap).toMatchObject({ offset: 2, reason: "node_lost" });
    expect(gap).not.toHaveProperty("missed");
    expect(Number(gap["from"])).toBeLessThanOrEqual(before + 1_000);
    expect(Number(gap["to"])).toBeGreaterThanOrEqual(Number(gap["from"]));
    await own.client.set(name("g:2"), "x");
    await listener.messages.first((message) => message["offset"] === 3);
    expect(missedBehind(0, of(listener, channel))).toBe(0);
    await gate.stop();
    await own.stop();
  });

  it("a gateway that goes says goodbye, and when to come back", async () => {
    const gate = await startGateway({ redis: redis.url });
    const listener = await listen(kind, gate, [{ channel: `key:${name("bye")}` }]);
    const stopped = gate.stop();
    expect(await listener.messages.first(({ type }) => type === "goodbye")).toMatchObject({
      reason: "draining",
      reconnect: { min: expect.any(Number), max: expect.any(Number) },
    });
    await listener.ended();
    expect(await stopped).toEqual({ code: 0, signal: null });
  });
});
