import { expect, it } from "vitest";
import { startSentinel } from "./sentinel.js";
import { waitFor } from "./wait.js";

it("lets the sentinels fail over, asked for and after a kill", async () => {
  const redis = await startSentinel();
  const [first] = redis.nodes;
  expect(redis.url).toMatch(/^redis\+sentinel:\/\/127\.0\.0\.1:\d+,.*\/keywire$/);
  expect(await redis.primary()).toBe(first);

  const promoted = await redis.failover();
  expect(promoted).not.toBe(first);
  await waitFor(async () => (await promoted.client.info("replication")).includes("state=online"), {
    what: "the old primary to follow the new one",
    deadline: 30_000,
  });
  await redis.waitUntilStable();

  await promoted.kill();
  await waitFor(async () => (await redis.primary()) === first, {
    what: "the sentinels to notice the kill",
    deadline: 30_000,
  });
});
