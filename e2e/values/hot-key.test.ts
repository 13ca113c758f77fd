import { openKeyspace } from "@keywire/gateway/keyspace";
import { parseChannel } from "@keywire/shared";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hold, type StandaloneRedis, startProxy, startRedis, waitFor } from "../support/index.js";
import { bytes, valuesOf } from "./values-of.js";

/** ms that the network takes each way, and the least that a read can take. */
const DISTANCE = 10;
const ROUND_TRIP = 2 * DISTANCE;
const WRITES_PER_SECOND = 5_000;
/** ms */
const DURATION = 2_000;

let server: StandaloneRedis;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(async () => {
  await server?.stop();
});

async function calls(command: string): Promise<number> {
  const stats = await server.client.info("commandstats");
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

/** SETs the key to 1, 2, 3 and so on at the rate; resolves with the last number. */
async function writeFast(key: string): Promise<number> {
  const writer = new Redis({ port: server.node.port });
  hold(() => writer.disconnect());
  const begun = performance.now();
  let written = 0;
  for (let passed = 0; passed < DURATION; passed = performance.now() - begun) {
    const batch = writer.pipeline();
    for (; written < (passed * WRITES_PER_SECOND) / 1_000; written++) batch.set(key, written + 1);
    await batch.exec();
    await new Promise(setImmediate);
  }
  return written;
}

describe("a hot key", () => {
  it("under 5,000 writes a second is read at most once per round trip, and the last value is told", async () => {
    const proxy = await startProxy(server.node.port);
    hold(() => proxy.stop());
    proxy.delay(DISTANCE);
    const opened = valuesOf(`redis://127.0.0.1:${proxy.port}/0`);
    const keyspace = await openKeyspace({ redis: server.url });
    hold(() => keyspace.close());
    await opened.values.read(0, bytes("warm"));

    let asked = 0;
    let answered = 0;
    let last = 0;
    const wentBack: string[] = [];
    await keyspace.subscribe(parseChannel("key:hot"), {
      notification: ({ db, key, event }) => {
        opened.values.stale(db, key);
        asked++;
        // Three channels want it: that must not make a difference.
        const wanted = [1, 2, 3].map(() => opened.values.read(db, key, { event }));
        void Promise.all(wanted).then(([state]) => {
          answered++;
          const value = state?.value;
          const now = value && "data" in value ? Number(value.data) : Number.NaN;
          if (!(now >= last)) wentBack.push(`${now} after ${last}`);
          last = now;
        });
      },
      gap: () => {},
    });

    const before = await calls("getrange");
    const begun = performance.now();
    const written = await writeFast("hot");
    await waitFor(() => asked === written && answered === asked, {
      what: "an answer to each event",
    });
    const trips = (performance.now() - begun) / ROUND_TRIP;
    const reads = (await calls("getrange")) - before;
    console.log(
      `${written} writes, ${3 * asked} asked, ${reads} reads in ${Math.round(trips)} trips`,
    );
    expect(written).toBeGreaterThan((DURATION / 1_000) * WRITES_PER_SECOND * 0.5);
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThanOrEqual(trips + 1);
    expect(last).toBe(written);
    expect(wentBack).toEqual([]);
    opened.close();
  });

  it("a thousand callers in one turn are one read, and keys of one turn one write", async () => {
    const opened = valuesOf(server.url);
    await opened.values.read(0, bytes("warm"), { event: "set" });
    await server.client.set("k", "v");
    await server.client.config("RESETSTAT");
    const same = Array.from({ length: 1_000 }, () =>
      opened.values.read(0, bytes("k"), { event: "set" }),
    );
    const states = await Promise.all(same);
    expect(new Set(states.map((state) => JSON.stringify(state))).size).toBe(1);
    expect(await calls("getrange")).toBe(1);
    const many = Array.from({ length: 1_000 }, (_, index) =>
      opened.values.read(0, bytes(`k${index}`), { event: "set" }),
    );
    await Promise.all(many);
    expect(await calls("getrange")).toBe(1_001);
    // A thousand keys' commands fill some read events of Redis, not a thousand of them.
    const stats = await server.client.info("stats");
    const events = Number(/total_reads_processed:(\d+)/.exec(stats)?.[1]);
    expect(events).toBeLessThan(100);
    opened.close();
  });
});
