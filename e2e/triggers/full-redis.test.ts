import type { Redis } from "ioredis";
import { afterEach, expect, it } from "vitest";
import { releaseAll, startGateway, startRedis, waitFor } from "../support/index.js";
import { Libraries, library } from "./admin.js";

afterEach(releaseAll);

const KEYS = 100;
const RECORDS = 20;

/** Its stream trigger waits to be let go on: by then nothing can be added any more. */
const SOURCE = library(
  "full",
  `let goOn;
   const gate = new Promise((resolve) => { goOn = resolve; });
   redis.registerFunction("goOn", () => { goOn(); });
   redis.registerKeySpaceTrigger("gone", "k:", () => {}, { events: ["del"] });
   redis.registerStreamTrigger("log", "log:", async () => { await gate; });`,
);

/** What stands in Redis of the stream, whoever is asked. */
async function kept(client: Redis): Promise<{ readonly processed: number }> {
  const [key = ""] = await client.keys("{keywire}:streams:*");
  return JSON.parse(Object.values(await client.hgetall(key))[0] ?? "{}");
}

it("what is done is known to be done, and how far streams are read, while Redis' memory is full", async () => {
  const redis = await startRedis();
  const gateway = await startGateway({ redis: redis.url });
  const libraries = new Libraries(gateway);
  // All in the stream before it is read, as they are then read at once: a full Redis lets nobody read on.
  for (let record = 0; record < RECORDS; record++) await redis.client.xadd("log:a", "*", "f", "v");
  await libraries.load(SOURCE);
  const keys = Array.from({ length: KEYS }, (_, key) => `k:${key}`);
  for (const key of keys) await redis.client.set(key, "x");
  const pending = async () => JSON.stringify((await libraries.list("full", 2))["stream_triggers"]);
  await waitFor(async () => /"pending_ids":\["/.test(await pending()), { what: "a record begun" });

  await redis.client.config("SET", "maxmemory", "1");
  await expect(redis.client.set("no", "room")).rejects.toThrow("OOM");
  for (const key of keys) await redis.client.del(key);
  await libraries.call("full.goOn");
  await waitFor(async () => (await kept(redis.client)).processed === RECORDS, {
    what: "the place in the stream",
  });
  await libraries.finished("full.gone", KEYS);
  const underWay = /^keywire_work_under_way\{work="triggers"\} 0$/m;
  await waitFor(
    async () => underWay.test(await fetch(`${gateway.url}/metrics`).then((r) => r.text())),
    { what: "all to be known as done" },
  );
}, 60_000);
