import type { SequencedMessage, Subscription, Wire } from "@keywire/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import {
  type FaultProxy,
  type Gateway,
  mintToken,
  type StandaloneRedis,
  startGateway,
  startProxy,
  startRedis,
  waitFor,
} from "../support/index.js";
import { hastyClock, open } from "./client.js";
import { offsetFaults, replay } from "./oracle.js";

/** What carries the connections that are tested. */
const CARRIERS = ["websocket", "sse"] as const;
/** s; the gateway warns 30 s before a token expires. */
const SHORT_LIFE = 32;

let redis: StandaloneRedis;
let gateway: Gateway;
/** Between clients and the gateway. */
let proxy: FaultProxy;
let address: string;

beforeAll(async () => {
  redis = await startRedis();
  gateway = await startGateway({ redis: redis.url });
  proxy = await startProxy(Number(new URL(gateway.url).port));
  address = `ws://${proxy.host}:${proxy.port}/v1/ws`;
});

afterAll(async () => {
  await proxy?.stop();
  await gateway?.stop();
  await redis?.stop();
});

async function live(...subscriptions: Subscription[]): Promise<void> {
  await waitFor(() => subscriptions.every(({ state }) => state === "live"), {
    what: "all subscriptions to be live",
  });
}

/** All that a subscription tells its listeners. */
function listen(subscription: Subscription): SequencedMessage[] {
  const messages: SequencedMessage[] = [];
  subscription.on("event", (message) => messages.push(message));
  subscription.on("gap", (message) => messages.push(message));
  subscription.on("snapshot", (message) => messages.push(message));
  return messages;
}

function errorsOf(wire: Wire): string[] {
  const errors: string[] = [];
  wire.on("error", ({ code }) => errors.push(code));
  return errors;
}

const keysIn = (messages: readonly SequencedMessage[]) =>
  messages.flatMap((message) => (message.type === "event" ? [message.key] : []));

describe.each(CARRIERS)("over %s the SDK", (transport) => {
  const connect = (options: Parameters<typeof open>[1] = {}) =>
    open(address, { transport, ...options });

  it("gives a loop what happens to the keys, as the options ask", async () => {
    const wire = connect();
    const orders = wire.subscribe("prefix:loop:", { events: ["set"] });
    const seen: SequencedMessage[] = [];
    const loop = (async () => {
      for await (const message of orders) if (seen.push(message) === 2) break;
    })();
    await live(orders);
    await redis.client.set("loop:1", "a");
    await redis.client.del("loop:1");
    await redis.client.set("loop:2", "a");
    await loop;
    expect(seen).toMatchObject([
      { type: "event", event: "set", key: "loop:1", db: 0 },
      { type: "event", event: "set", key: "loop:2", db: 0 },
    ]);
    wire.close();
  });

  it("resumes over cut connections, and shows every event once and no gap", async () => {
    const wire = connect({ random: () => 0.1 });
    const errors = errorsOf(wire);
    const [orders, one] = [wire.subscribe("prefix:cut:"), wire.subscribe("key:cut:7")];
    const [all, single] = [listen(orders), listen(one)];
    await live(orders, one);
    for (let round = 0; round < 5; round++) {
      for (let key = 0; key < 10; key++) await redis.client.set(`cut:${key}`, round);
      proxy.cut();
      for (let key = 0; key < 10; key++) await redis.client.set(`cut:${key}`, round);
      await live(orders, one);
    }
    await waitFor(() => all.length >= 100 && single.length >= 10, { what: "all events" });
    const round = Array.from({ length: 10 }, (_, key) => `cut:${key}`);
    expect(keysIn(all)).toEqual(Array.from({ length: 10 }, () => round).flat());
    expect(keysIn(single)).toEqual(new Array(10).fill("cut:7"));
    expect([...offsetFaults(all), ...offsetFaults(single)]).toEqual([]);
    expect(errors).toEqual([]);
    wire.close();
  });

  it("finds a line that is open but dead, and resumes over another", async () => {
    const wire = connect({ clock: hastyClock() });
    const orders = wire.subscribe("prefix:dead:");
    const messages = listen(orders);
    await live(orders);
    proxy.stall();
    await waitFor(() => wire.state === "waiting", { what: "the client to notice" });
    await redis.client.set("dead:1", "a");
    proxy.resume();
    await waitFor(() => messages.length > 0, { what: "the event" });
    expect(messages).toMatchObject([{ type: "event", key: "dead:1" }]);
    wire.close();
  });

  it("shows the gap of a gateway that was restarted, and goes on", async () => {
    const wire = connect();
    const errors = errorsOf(wire);
    const goodbyes: string[] = [];
    wire.on("goodbye", ({ reason }) => goodbyes.push(reason));
    const orders = wire.subscribe("prefix:restart:");
    const messages = listen(orders);
    await live(orders);
    await redis.client.set("restart:1", "a");
    await waitFor(() => messages.length === 1, { what: "the first event" });
    await gateway.restart();
    await waitFor(() => messages.length === 2, { what: "the gap", deadline: 30_000 });
    await redis.client.set("restart:2", "a");
    await waitFor(() => messages.length === 3, { what: "the last event" });
    expect(messages).toMatchObject([
      { type: "event", key: "restart:1" },
      { type: "gap", reason: "gateway_restarted", missed: null },
      { type: "event", key: "restart:2" },
    ]);
    expect(offsetFaults(messages)).toEqual([]);
    expect([errors, goodbyes]).toEqual([[], ["draining"]]);
    wire.close();
  });

  it("keeps a copy right by itself, whatever happens to the line", async () => {
    const wire = connect({ random: () => 0.1 });
    const options = { value: true, snapshot: 100 };
    await redis.client.set("copy:old", "0");
    const early = listen(wire.subscribe("prefix:copy:", options));
    await waitFor(() => early.length > 0, { what: "the first snapshot" });
    await redis.client.set("copy:1", "1");
    proxy.refuse();
    await redis.client.set("copy:2", "2");
    await redis.client.del("copy:old");
    proxy.resume();
    const late = listen(wire.subscribe("prefix:copy:", options));
    await redis.client.set("copy:3", "3");
    const held = { "copy:1": "1", "copy:2": "2", "copy:3": "3" };
    await waitFor(() => [early, late].every((told) => "copy:3" in replay(told)), {
      what: "both copies to have the last key",
    });
    expect([replay(early), replay(late)]).toEqual([held, held]);
    expect([...offsetFaults(early), ...offsetFaults(late)]).toEqual([]);
    wire.close();
  });

  it("replaces its token on the connection before it expires", async () => {
    const welcomes: number[] = [];
    const states: string[] = [];
    const token = () => mintToken({ exp: Math.floor(Date.now() / 1000) + SHORT_LIFE });
    const wire = connect({ token });
    wire.on("welcome", ({ expires }) => welcomes.push(expires));
    wire.on("state", ({ state }) => states.push(state));
    const orders = wire.subscribe("prefix:renew:");
    await live(orders);
    await waitFor(() => welcomes.length === 2, { what: "a second welcome" });
    expect(welcomes[1]).toBeGreaterThan(welcomes[0] ?? 0);
    expect(states).toEqual(["connecting", "open"]);
    wire.close();
  });

  it("tells the one subscription that no grant covers, and serves the others", async () => {
    const wire = connect({ token: () => mintToken({ grants: [{ keys: "mine:*" }] }) });
    const [mine, theirs] = [wire.subscribe("prefix:mine:"), wire.subscribe("prefix:theirs:")];
    const errors: string[] = [];
    theirs.on("error", ({ code }) => errors.push(code));
    const loop = theirs[Symbol.asyncIterator]().next();
    await expect(loop).rejects.toMatchObject({ code: "forbidden", channel: "prefix:theirs:" });
    await live(mine);
    expect([theirs.state, errors]).toEqual(["refused", ["forbidden"]]);
    wire.close();
  });

  it("gives up when one token after the other is refused", async () => {
    const secret = "not the gateway's secret, but as long as one";
    let asked = 0;
    const token = () => {
      asked += 1;
      return mintToken({ secret });
    };
    const wire = connect({ token, random: () => 0 });
    const errors = errorsOf(wire);
    wire.subscribe("prefix:any:");
    await waitFor(() => wire.state === "failed", { what: "the client to give up" });
    expect([new Set(errors), asked]).toEqual([new Set(["unauthorized"]), 6]);
  });

  it("leaves nothing behind when it closes", async () => {
    const wire = connect();
    await live(wire.subscribe("prefix:left:"));
    wire.close();
    await waitFor(() => proxy.connections === 0, { what: "the connection to end" });
  });
});

it("where WebSockets are blocked the SDK takes SSE by itself", async () => {
  class Blocked extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url.replace(/ws$/, "nothing"), protocols);
    }
  }
  const wire = open(gateway.wsUrl, { WebSocket: Blocked });
  const errors = errorsOf(wire);
  const orders = wire.subscribe("prefix:blocked:");
  const messages = listen(orders);
  await live(orders);
  expect(wire.transport).toBe("sse");
  await redis.client.set("blocked:1", "a");
  await waitFor(() => messages.length > 0, { what: "the event" });
  const states: string[] = [];
  const later = open(gateway.wsUrl, { WebSocket: Blocked });
  later.on("state", ({ state }) => states.push(state));
  await live(later.subscribe("prefix:blocked:"));
  expect([states, errors]).toEqual([["connecting", "open"], []]);
});
