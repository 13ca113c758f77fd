import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Gateway,
  mintToken,
  type StandaloneRedis,
  startGateway,
  startRedis,
  waitFor,
} from "../support/index.js";
import { Bystander } from "./bystander.js";
import { type Client, connect, ended, missedBehind } from "./client.js";
import { Sipper } from "./sipper.js";

/** Bytes that may wait for a client, in the gateways of these tests. */
const OUTBOX = 256 * 1_024;
/** What a socket may hold beyond it: its high-water mark and the slice that it was handed last. */
const SOCKET = 192 * 1_024;
/** Of each key: a few thousand of them overfill all buffers between the gateway and a client. */
const KEY_BYTES = 4_000;
/** Events that are told at once. */
const ROUND = 500;
/** Rounds after which something must have given way: no kernel buffers as much as that. */
const MOST_ROUNDS = 100;

let redis: StandaloneRedis;
let gateway: Gateway;
let strict: Gateway;
let bystander: Bystander;

beforeAll(async () => {
  redis = await startRedis();
  const env = { KEYWIRE_OUTBOX_BYTES: String(OUTBOX), KEYWIRE_HEARTBEAT: "1m" };
  [gateway, strict] = await Promise.all([
    startGateway({ redis: redis.url, env }),
    startGateway({ redis: redis.url, env: { ...env, KEYWIRE_SLOW_CONSUMER: "disconnect" } }),
  ]);
  const writer = new Redis({ port: redis.node.port });
  bystander = await Bystander.on(gateway, writer, "bystander:");
});

afterAll(async () => {
  await Promise.all([gateway?.stop(), strict?.stop()]);
  await redis?.stop();
});

const nameOf = (prefix: string, index: number) => `${prefix}${index}:`.padEnd(KEY_BYTES, "x");

interface Flood {
  /** How many events were told. */
  readonly events: number;
  /** The most that the session ever cost the gateway, bytes. */
  readonly cost: number;
}

/**
 * Tells events, more and more, until what is looked for is true of the user's session.
 *
 * @param between called before each round
 */
async function flood(
  prefix: string,
  user: string,
  enough: (session: Status) => boolean,
  { gate = gateway, between = (_round: number) => {} } = {},
): Promise<Flood> {
  let cost = 0;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    between(round);
    const keys = Array.from({ length: ROUND }, (_, at) => nameOf(prefix, round * ROUND + at));
    await Promise.all(keys.map((key) => redis.client.publish(`__keyspace@0__:${key}`, "set")));
    const session = await sessionOf(user, gate);
    cost = Math.max(cost, session.outbox);
    if (enough(session)) return { events: (round + 1) * ROUND, cost };
  }
  throw new Error(`${MOST_ROUNDS * ROUND} events were not enough`);
}

const hasDropped = ({ dropped }: Status) => dropped > 2 * ROUND;

/** A session as the admin API tells of it. */
interface Status {
  readonly user: string;
  readonly state: string;
  readonly outbox: number;
  readonly dropped: number;
  readonly subscriptions: readonly string[];
}

const GONE: Status = { user: "", state: "gone", outbox: 0, dropped: 0, subscriptions: [] };

async function sessionOf(user: string, gate = gateway): Promise<Status> {
  const headers = { authorization: `Bearer ${await mintToken({ admin: true })}` };
  const response = await fetch(`${gate.url}/v1/admin/state`, { headers });
  const { sessions } = (await response.json()) as { sessions: Status[] };
  return sessions.find((session) => session.user === user) ?? GONE;
}

/**
 * Waits for the newest event: all before it came too, or a gap in their place.
 *
 * @returns how many messages gaps stood for
 */
async function caughtUp(client: Client, prefix: string, events: number): Promise<number> {
  const newest = nameOf(prefix, events - 1);
  await waitFor(() => client.keys.at(-1) === newest, {
    what: "the newest event",
    deadline: 30_000,
  });
  const missed = missedBehind(0, client.of(`prefix:${prefix}`));
  expect(client.keys.length + missed).toBe(events);
  return missed;
}

describe("a client that stops reading", () => {
  it("costs at most its bound, and is told what it missed when it reads again", async () => {
    const client = await connect(gateway, { sub: "sleeper" });
    await client.subscribe("prefix:sleep:");
    client.socket.pause();
    const { events, cost } = await flood("sleep:", "sleeper", hasDropped);
    expect(cost).toBeLessThan(OUTBOX + SOCKET);
    client.socket.resume();
    const missed = await caughtUp(client, "sleep:", events);
    expect((await sessionOf("sleeper")).dropped).toBe(missed);
    const gaps = client.messages.items.filter(({ type }) => type === "gap");
    expect(gaps.length).toBeGreaterThan(0);
    for (const gap of gaps) expect(gap).toMatchObject({ reason: "slow_consumer" });
  });

  it("is still answered, in order, when it reads again", async () => {
    const client = await connect(gateway, { sub: "dozer" });
    await client.subscribe("prefix:doze:");
    client.socket.pause();
    await flood("doze:", "dozer", hasDropped);
    client.send({ type: "ping" });
    client.send({ type: "unsubscribe", id: 9, channel: "prefix:doze:" });
    await waitFor(async () => (await sessionOf("dozer")).subscriptions.length === 0, {
      what: "the unsubscribe to be seen",
    });
    client.socket.resume();
    await client.first("unsubscribed");
    await client.first("pong");
    expect(missedBehind(0, client.of("prefix:doze:"))).toBeGreaterThan(0);
    expect(client.messages.items.at(-1)).toMatchObject({ type: "unsubscribed", id: 9 });
  });

  it("is closed with 4413 where that is the policy, and has missed nothing until then", async () => {
    const client = await connect(strict, { sub: "sleeper" });
    await client.subscribe("prefix:strict:");
    client.socket.pause();
    await flood("strict:", "sleeper", ({ state }) => state !== "open", { gate: strict });
    client.socket.resume();
    await ended(client);
    expect(missedBehind(0, client.of("prefix:strict:"))).toBe(0);
    const metrics = await fetch(`${strict.url}/metrics`).then((response) => response.text());
    expect(metrics).toMatch(/keywire_sessions_closed_total\{code="4413"\} 1/);
  });
});

describe("a client that reads a little now and then", () => {
  it("costs at most its bound, and misses nothing that it is not told of", async () => {
    const client = await connect(gateway, { sub: "sipper" });
    await client.subscribe("prefix:sip:");
    client.socket.pause();
    // What one look at the socket gives, up to 2 MiB, and then nothing for a while: often half a frame.
    // By rounds and not by time: where rounds take long, it would keep up with them.
    const sip = (round: number) => {
      if (round % 4 !== 0) return;
      client.socket.resume();
      setImmediate(() => client.socket.pause());
    };
    const { events, cost } = await flood("sip:", "sipper", hasDropped, { between: sip });
    expect(cost).toBeLessThan(OUTBOX + SOCKET);
    await new Promise((resolve) => setImmediate(resolve));
    client.socket.resume();
    expect(await caughtUp(client, "sip:", events)).toBeGreaterThan(0);
  });
});

describe("a client that reads one byte a second", () => {
  it("costs at most its bound, and goes on in the middle of its frame, missing nothing untold", async () => {
    const sipper = await Sipper.open(gateway.url, "dropper");
    sipper.send({ type: "subscribe", id: 1, channel: "prefix:drop:" });
    await waitFor(() => sipper.messages.some(({ type }) => type === "subscribed"), {
      what: "the answer",
    });
    sipper.sip(1);
    const drops = setInterval(() => sipper.sip(1), 1_000);
    const flooded = flood("drop:", "dropper", hasDropped);
    const { events, cost } = await flooded.finally(() => clearInterval(drops));
    expect(cost).toBeLessThan(OUTBOX + SOCKET);

    sipper.drink();
    const newest = nameOf("drop:", events - 1);
    await waitFor(() => sipper.messages.at(-1)?.["key"] === newest, {
      what: "the newest event",
      deadline: 30_000,
    });
    const told = sipper.messages.filter(({ type }) => type === "event" || type === "gap");
    const missed = missedBehind(0, told);
    expect(missed).toBeGreaterThan(0);
    expect(told.filter(({ type }) => type === "event").length + missed).toBe(events);
  });
});

it("the others have noticed nothing of all this", async () => {
  expect(await bystander.noticedNothing()).toBeGreaterThan(1_000);
});
