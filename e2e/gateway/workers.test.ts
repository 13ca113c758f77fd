import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Gateway,
  mintToken,
  type StandaloneRedis,
  startGateway,
  startRedis,
  waitFor,
} from "../support/index.js";
import { type Client, connect, ended } from "./client.js";

const WORKERS = 3;

let redis: StandaloneRedis;
let gateway: Gateway;

beforeAll(async () => {
  redis = await startRedis();
  gateway = await startGateway({ redis: redis.url, env: { KEYWIRE_WORKERS: String(WORKERS) } });
});

afterAll(async () => {
  await gateway?.stop();
  await redis?.stop();
});

/** The processes that the gateway's primary has started, oldest first. */
async function workers(): Promise<number[]> {
  const text = await readFile(`/proc/${gateway.pid}/task/${gateway.pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

/** One client on each worker: connections are handed out in turns. */
async function oneOnEach(channel: string): Promise<Client[]> {
  const clients = await Promise.all(Array.from({ length: WORKERS }, () => connect(gateway)));
  for (const client of clients) await client.subscribe(channel);
  return clients;
}

async function figure(series: string): Promise<number> {
  const text = await fetch(`${gateway.url}/metrics`).then((response) => response.text());
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1));
}

async function state(): Promise<Record<string, unknown[]>> {
  const headers = { authorization: `Bearer ${await mintToken({ admin: true })}` };
  const response = await fetch(`${gateway.url}/v1/admin/state`, { headers });
  return (await response.json()) as Record<string, unknown[]>;
}

const listeners = async (channel: string) => {
  const counts = await redis.client.pubsub("NUMSUB", `__keyspace@0__:${channel}`);
  return Number(counts[1]);
};

describe("several workers", () => {
  it("are whole gateways on one port, told of as one", async () => {
    expect(await workers()).toHaveLength(WORKERS);
    const delivered = await figure("keywire_events_delivered_total");
    const clients = await oneOnEach("key:spread");
    expect(await listeners("spread")).toBe(WORKERS);
    await redis.client.set("spread", "1");
    for (const client of clients) expect((await client.first("event")).key).toBe("spread");
    expect(await figure("keywire_workers")).toBe(WORKERS);
    expect(await figure('keywire_sessions{transport="websocket"}')).toBe(WORKERS);
    expect(await figure("keywire_events_delivered_total")).toBe(delivered + WORKERS);
    expect(await figure("keywire_ready")).toBe(1);
    const { nodes, sessions, feeds } = await state();
    expect(nodes).toHaveLength(1);
    expect(sessions).toHaveLength(WORKERS);
    expect(feeds).toEqual([
      expect.objectContaining({ channel: "__keyspace@0__:spread", refcount: WORKERS }),
    ]);
    for (const client of clients) client.socket.close();
    await Promise.all(clients.map(ended));
  });

  it("one that is killed is replaced; the others, and who is on them, notice nothing", async () => {
    const clients = await oneOnEach("key:survives");
    await redis.client.set("survives", "1");
    for (const client of clients) await client.first("event");
    const delivered = await figure("keywire_events_delivered_total");
    const before = await workers();
    process.kill(before[0] as number, "SIGKILL");
    const lost = await waitFor(() => clients.find(({ end }) => end !== undefined), {
      what: "the killed worker's client to lose its connection",
    });
    const others = clients.filter((client) => client !== lost);
    await waitFor(async () => (await workers()).length === WORKERS, { what: "a new worker" });
    await waitFor(async () => (await figure("keywire_workers")) === WORKERS, {
      what: "the new worker to listen",
    });
    expect((await workers()).filter((pid) => before.includes(pid))).toHaveLength(WORKERS - 1);
    expect(gateway.logs()).toContainEqual(
      expect.objectContaining({ msg: "a worker ended, and is replaced", signal: "SIGKILL" }),
    );
    const back = await oneOnEach("key:survives");
    expect(await listeners("survives")).toBe(WORKERS);
    await redis.client.set("survives", "2");
    for (const client of [...others, ...back]) {
      await waitFor(() => client.of("key:survives").length >= (others.includes(client) ? 2 : 1), {
        what: "the event",
      });
    }
    for (const client of others) {
      expect(client.end).toBeUndefined();
      expect(client.of("key:survives").map(({ type }) => type)).toEqual(["event", "event"]);
    }
    // What the killed one had counted when it was last asked stays counted.
    expect(await figure("keywire_events_delivered_total")).toBe(delivered + 2 + WORKERS);
    for (const client of [...others, ...back]) client.socket.close();
    await Promise.all([...others, ...back].map(ended));
  });

  it("SIGTERM drains all, leaves nothing subscribed, and ends well", async () => {
    const clients = await oneOnEach("key:drained");
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
    for (const client of clients) {
      expect(await ended(client)).toMatchObject({ code: 1012 });
      expect(client.messages.items.at(-1)).toMatchObject({ type: "goodbye", reason: "draining" });
    }
    expect(await redis.client.pubsub("CHANNELS", "*")).toEqual([]);
  });
});

describe("a crew", () => {
  it("that cannot listen says so and ends, as one gateway does", async () => {
    const first = await startGateway({ redis: redis.url });
    const port = new URL(first.url).port;
    const env = { KEYWIRE_WORKERS: "2", KEYWIRE_PORT: port };
    await expect(startGateway({ redis: redis.url, env })).rejects.toThrow(
      `somebody listens on 127.0.0.1:${port} already`,
    );
    await first.stop();
  });

  it("whose primary is killed leaves no worker behind", async () => {
    gateway = await startGateway({ redis: redis.url, env: { KEYWIRE_WORKERS: "2" } });
    const client = await connect(gateway);
    const orphans = await workers();
    expect(orphans).toHaveLength(2);
    process.kill(gateway.pid, "SIGKILL");
    await ended(client);
    await waitFor(() => orphans.every((pid) => !isAlive(pid)), { what: "the workers to end" });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
