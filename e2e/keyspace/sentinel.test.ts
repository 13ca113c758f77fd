import { type Keyspace, openKeyspace } from "@keywire/gateway/keyspace";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SentinelRedis, startSentinel, waitFor } from "../support/index.js";
import { record } from "./recorder.js";

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
    const { recorder } = await record(keyspace, "prefix:sentinel:");
    const next = await redis.failover();
    await waitFor(
      async () => {
        await next.client.set("sentinel:again", "1");
        return recorder.count("set", "sentinel:again") > 0;
      },
      { what: "events of the new primary", deadline: 40_000 },
    );
    expect(recorder.gaps).toMatchObject([{ reason: "failover" }]);
  });
});
