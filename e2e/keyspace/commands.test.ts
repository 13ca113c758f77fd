import { CommandConnections, openKeyspace, parseRedisUrl } from "@keywire/gateway/keyspace";
import type { Cluster, Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { failOver, startPair, startSentinel, waitFor } from "../support/index.js";

function open(connections: CommandConnections): Redis | Cluster {
  const redis = connections.open();
  redis.on("error", () => {});
  return redis;
}

/** Until a write was taken. */
async function written(redis: Redis | Cluster, key: string): Promise<void> {
  await waitFor(() => redis.set(key, "1").catch(() => false), {
    what: `${key} to be written`,
    deadline: 20_000,
  });
}

describe("commands of the gateway's own", () => {
  it("go to whoever took over from a standalone server, and back, and where that is gone as well", async () => {
    const [first, second] = await startPair();
    const redis = open(new CommandConnections(parseRedisUrl(first.url)));
    try {
      await written(redis, "a");
      expect(await first.client.get("a")).toBe("1");

      await failOver(first, second);
      await written(redis, "b");
      expect(await second.client.get("b")).toBe("1");
      expect((await first.client.role())[0]).toBe("slave");

      await failOver(second, first);
      await written(redis, "c");
      expect((await first.client.role())[0]).toBe("master");
      expect(await first.client.get("c")).toBe("1");

      await failOver(first, second);
      await written(redis, "d");
      await second.node.kill();
      await first.client.replicaof("NO", "ONE");
      await written(redis, "e");
      expect(await first.client.get("e")).toBe("1");
    } finally {
      redis.disconnect();
      await second.stop();
      await first.stop();
    }
  });

  it("go to the primary that Sentinels were asked to appoint, as soon as they say so", async () => {
    const sentinels = await startSentinel({ sentinels: 3, replicas: 1 });
    const connections = new CommandConnections(parseRedisUrl(sentinels.url), () =>
      keyspace.discover(),
    );
    const keyspace = await openKeyspace({
      redis: sentinels.url,
      report: ({ event }) => {
        if (event === "topology") connections.refresh();
      },
    });
    const redis = open(connections);
    try {
      await written(redis, "a");
      const next = await sentinels.failover();
      const appointed = Date.now();
      // What the former primary still takes is lost.
      await waitFor(
        async () => {
          await redis.set("b", "1").catch(() => {});
          return (await next.client.get("b")) === "1";
        },
        { what: "a write on the new primary", deadline: 30_000 },
      );
      expect(Date.now() - appointed).toBeLessThan(3_000);
    } finally {
      redis.disconnect();
      await keyspace.close();
      await sentinels.stop();
    }
  }, 90_000);
});
