import { type Keyspace, openKeyspace } from "@keywire/gateway/keyspace";
import { parseChannel } from "@keywire/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SentinelRedis, startSentinel, waitFor } from "../support/index.js";
import { Recorder, record } from "./recorder.js";

let redis: SentinelRedis;
let keyspace: Keyspace;

beforeAll(async () => {
  redis = await startSentinel({ sentinels: 3, replicas: 1 });
  keyspace = await openKeyspace({ redis: redis.url });
}, 120_000);

afterAll(async () => {
  await keyspace?.close();
  await redis?.stop();
});

describe("behind Sentinel", () => {
  it("listens to the primary that the Sentinels name", async () => {
    const primary = await redis.primary();
    expect(keyspace.nodes()).toMatchObject([
      { address: `127.0.0.1:${primary.port}`, state: "ready" },
    ]);
    const { recorder, subscription } = await record(keyspace, "key:a");
    await primary.client.set("a", "1");
    await recorder.saw("set", "a");
    await subscription.unsubscribe();
  });

  it("follows a failover, with one gap", async () => {
    const recorder = new Recorder();
    await keyspace.subscribe(parseChannel("prefix:sentinel:"), recorder, ["set", "new"]);
    const [primary, replica] = redis.nodes;
    const monitor = await (replica ?? primary)?.client.monitor();
    const asked: string[] = [];
    monitor?.on("monitor", (_time: string, [command = "", ...words]: readonly string[]) => {
      asked.push(`${command.toLowerCase()} ${words.join(" ")}`);
    });
    const next = await redis.failover();
    await waitFor(
      async () => {
        await next.client.set("sentinel:again", "1");
        return recorder.count("set", "sentinel:again") > 0;
      },
      { what: "events of the new primary", deadline: 40_000 },
    );
    expect(recorder.gaps).toMatchObject([{ reason: "failover" }]);
    // MONITOR hides CONFIG; what was switched on is said right behind it, before a feed ends the gap.
    const told = asked.findIndex((line) => /^publish \{keywire\}:marks mended .*n/.test(line));
    const heard = asked.findIndex((line) => /^psubscribe __keyspace/.test(line));
    expect(told).toBeGreaterThanOrEqual(0);
    expect(told).toBeLessThan(heard);
    monitor?.disconnect();
  });
});
