import { Cluster } from "ioredis";
import { afterEach, describe, expect, it } from "vitest";
import {
  hold,
  releaseAll,
  startCluster,
  startGateway,
  startRedis,
  waitFor,
} from "../support/index.js";
import { Libraries, library } from "./admin.js";

afterEach(releaseAll);

const reader = (options = "") =>
  library(
    "reader",
    `redis.registerStreamTrigger("log", "stream:", (client, data) => {
       client.call("rpush", "seen", data.stream_name + " " + data.id.join("-") + " " + data.record.map((f) => f.join("=")).join(","));
     }${options});`,
  );

interface StreamShown {
  readonly name: string;
  readonly id_to_read_from: string;
  readonly total_record_processed: number;
}

async function streams(libraries: Libraries, name = "reader"): Promise<StreamShown[]> {
  const [trigger] = (await libraries.list(name, 2))["stream_triggers"] as {
    streams: StreamShown[];
  }[];
  return trigger?.streams ?? [];
}

describe("a stream trigger", () => {
  it("reads what was there before it, what is added by anybody, in any database; trims it", async () => {
    const redis = await startRedis();
    await redis.client.xadd("stream:old", "1-1", "a", "1", "b", "2");
    const gateway = await startGateway({ redis: redis.url });
    const libraries = new Libraries(gateway);
    await libraries.load(reader(", { window: 2, isStreamTrimmed: true }"));
    const seen = (count: number) =>
      waitFor(
        async () => {
          const items = await redis.client.lrange("seen", 0, -1);
          return items.length >= count ? items : undefined;
        },
        { what: `${count} records`, deadline: 20_000 },
      );
    expect(await seen(1)).toEqual(["stream:old 1-1 a=1,b=2"]);
    // A library's own XADD fires it too.
    await libraries.load(
      library(
        "writer",
        `redis.registerFunction("add", (client) => client.call("xadd", "stream:own", "2-1", "c", "3"));`,
      ),
    );
    await libraries.call("writer.add");
    expect(await seen(2)).toContain("stream:own 2-1 c=3");
    const other = redis.client.duplicate({ db: 3 });
    hold(() => other.disconnect());
    await other.xadd("stream:three", "3-1", "d", "4");
    await waitFor(async () => (await other.llen("seen")) === 1, {
      what: "the record of database 3",
    });
    await waitFor(async () => (await redis.client.xlen("stream:old")) === 0, {
      what: "the trimming",
    });
    await redis.client.del("stream:old");
    await waitFor(
      async () => !(await streams(libraries)).some(({ name }) => name === "stream:old"),
      {
        what: "the deleted stream to be forgotten",
      },
    );
  });

  it("goes on where it was, nothing lost, when the gateway that reads is killed", async () => {
    const redis = await startRedis();
    const [one, other] = [
      await startGateway({ redis: redis.url }),
      await startGateway({ redis: redis.url }),
    ];
    const libraries = new Libraries(other);
    await libraries.load(reader());
    const total = 2_000;
    for (let record = 0; record < total; record++) {
      const adding = redis.client.xadd(`stream:${record % 8}`, "*", "n", String(record));
      if (record % 20 === 0) await adding;
      if (record === total / 2) await one.kill();
    }
    await waitFor(
      async () => {
        const seen = await redis.client.lrange("seen", 0, -1);
        const numbers = new Set(seen.map((text) => text.split("=").at(-1)));
        if (numbers.size < total) throw new Error(`${numbers.size} records`);
        return true;
      },
      { what: "every record", deadline: 60_000 },
    );
  }, 120_000);

  it("reads each stream on the node that has it", async () => {
    const cluster = await startCluster({ primaries: 3, replicas: 0 });
    const client = new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port })));
    hold(() => client.disconnect());
    const gateway = await startGateway({ redis: cluster.url });
    const libraries = new Libraries(gateway);
    for (let stream = 0; stream < 6; stream++)
      await client.xadd(`stream:${stream}`, "*", "n", "old");
    await libraries.load(reader());
    for (let stream = 0; stream < 6; stream++)
      await client.xadd(`stream:${stream}`, "*", "n", "new");
    await waitFor(async () => (await client.llen("seen")) === 12, {
      what: "all records",
      deadline: 20_000,
    });
    expect(await streams(libraries)).toHaveLength(6);
  });
});
