import { type Keyspace, openKeyspace } from "@keywire/gateway/keyspace";
import { parseChannel } from "@keywire/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type SentinelRedis,
  startMonitor,
  startRedis,
  startSentinel,
  waitFor,
} from "../support/index.js";
import { fakeSentinel, type Word } from "./fake-sentinel.js";
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
    const server = replica ?? primary;
    if (server === undefined) throw new Error("no servers");
    const monitor = await startMonitor(server);
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
    const asked = monitor.commands.map(
      ([command = "", ...words]) => `${command.toLowerCase()} ${words.join(" ")}`,
    );
    const told = asked.findIndex((line) => /^publish \{keywire\}:marks mended .*n/.test(line));
    const heard = asked.findIndex((line) => /^psubscribe __keyspace/.test(line));
    expect(told).toBeGreaterThanOrEqual(0);
    expect(told).toBeLessThan(heard);
    await monitor.stop();
  });
});

describe("where Sentinels disagree", () => {
  it("goes by those who know of the last failover, and tells all that the new primary did since", async () => {
    const [former, next] = await Promise.all([startRedis(), startRedis()]);
    const before: Word = { primary: former.node, epoch: 1, knownFor: 600_000 };
    let after = before;
    const deaf = await fakeSentinel(() => before);
    const other = await fakeSentinel(() => after);
    const url = `redis+sentinel://127.0.0.1:${deaf.port},127.0.0.1:${other.port}/name`;
    const listening = await openKeyspace({ redis: url });
    try {
      const { recorder } = await record(listening, "prefix:split:");
      await waitFor(() => Date.now() - listening.heardUntil() < 1_000, { what: "a first PING" });
      const appointed = Date.now();
      // Others have known for a while, and write to it, when the gateway first hears of it.
      await next.client.set("split:early", "1");
      await waitFor(() => Date.now() - appointed > 2_500, { what: "some looks" });
      after = { primary: next.node, epoch: 2, knownFor: Date.now() - appointed };
      const { from } = await recorder.sawGap("failover");
      expect(from).toBeLessThanOrEqual(appointed);
      expect(from).toBeGreaterThan(appointed - 2_000);
      await next.client.set("split:late", "1");
      await recorder.saw("set", "split:late");
      // The deaf one goes on naming the former one, which goes on taking itself for a primary.
      await waitFor(() => Date.now() - appointed > 5_000, { what: "some looks more" });
      expect(listening.nodes()).toMatchObject([{ id: next.node.id }]);
      expect(recorder.gaps).toHaveLength(1);
    } finally {
      await listening.close();
      await former.stop();
      await next.stop();
    }
  });
});
