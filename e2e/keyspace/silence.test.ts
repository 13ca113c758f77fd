import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openKeyspace } from "@keywire/gateway/keyspace";
import { systemClock } from "@keywire/shared";
import { expect, it } from "vitest";
import { startProxy, startRedis, waitFor } from "../support/index.js";
import { record } from "./recorder.js";

it("does not wait for a node that takes connections and says nothing", async () => {
  const redis = await startRedis();
  const proxy = await startProxy(redis.node.port);
  const keyspace = await openKeyspace({ redis: `redis://127.0.0.1:${proxy.port}` });
  try {
    const { recorder } = await record(keyspace, "key:silent");
    proxy.stall();
    await waitFor(() => keyspace.problems().some((why) => why.includes("was not ready within")), {
      what: "an attempt to be given up",
      deadline: 15_000,
    });
    proxy.resume();
    await waitFor(
      async () => {
        await redis.client.set("silent", "1");
        return recorder.count("set", "silent") > 0;
      },
      { what: "events to flow again", deadline: 15_000 },
    );
    expect(recorder.gaps).toHaveLength(1);
    expect(recorder.gaps[0]?.reason).toBe("node_lost");
  } finally {
    await keyspace.close();
    await proxy.stop();
    await redis.stop();
  }
});

it("finds a dead link as soon where the clock was set back, and says since when by the new time", async () => {
  const redis = await startRedis();
  const proxy = await startProxy(redis.node.port);
  let shift = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + shift };
  const keyspace = await openKeyspace({ redis: `redis://127.0.0.1:${proxy.port}`, clock });
  try {
    const { recorder } = await record(keyspace, "key:silent");
    shift = -60_000;
    // A moment that is ahead is no later than now.
    await waitFor(() => keyspace.heardUntil() < clock.now() - 1, {
      what: "a PING of the new time to be answered",
    });
    await redis.client.config("SET", "notify-keyspace-events", "");
    const mended = await recorder.sawGap("resubscribed");
    expect(mended.from).toBeLessThanOrEqual(mended.to);
    const stalled = clock.now();
    proxy.stall();
    await waitFor(() => keyspace.problems().length > 0, {
      what: "the link to be given up",
      deadline: 15_000,
    });
    expect(clock.now() - stalled).toBeLessThan(10_000);
    proxy.resume();
    const { from } = await recorder.sawGap("node_lost", 15_000);
    expect(from).toBeLessThanOrEqual(stalled);
  } finally {
    await keyspace.close();
    await proxy.stop();
    await redis.stop();
  }
});

it("a server that cannot save refuses a PING as it does writes, and is there all the same", async () => {
  const redis = await startRedis({ args: ["--save", "3600 1000"] });
  const { client } = redis;
  const keyspace = await openKeyspace({ redis: redis.url });
  try {
    const { recorder } = await record(keyspace, "prefix:kept:");
    await client.mset("kept:1", "1", "kept:2", "1");
    await client.pexpire("kept:1", 1_000);
    // Longer than a link waits for an answer to its PING.
    await client.pexpire("kept:2", 6_000);
    // Where the file is to be there is a folder, so it cannot be put there.
    await mkdir(join(redis.node.dir, "dump.rdb", "in the way"), { recursive: true });
    await client.bgsave();
    await waitFor(async () => (await client.info("persistence")).includes("bgsave_status:err"), {
      what: "the save to fail",
    });
    await expect(client.ping()).rejects.toThrow("MISCONF");
    await recorder.saw("expired", "kept:2", 15_000);
    expect(recorder.gaps).toEqual([]);
  } finally {
    await keyspace.close();
    await redis.stop();
  }
});
