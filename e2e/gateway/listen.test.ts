import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { hold, run, startRedis, TEST_SECRET, waitFor } from "../support/index.js";

const PROGRAM = fileURLToPath(new URL("../../gateway/bin/keywire.mjs", import.meta.url));

it("a gateway that cannot listen says so, ends, and leaves nothing behind in Redis", async () => {
  const redis = await startRedis();
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  hold(() => void taken.close());
  const gateway = await run({
    command: process.execPath,
    args: [PROGRAM, "start"],
    env: {
      ...process.env,
      KEYWIRE_REDIS: redis.url,
      KEYWIRE_JWT_SECRET: TEST_SECRET,
      KEYWIRE_PORT: String(typeof address === "object" ? address?.port : ""),
    },
  });
  const exit = await waitFor(() => gateway.exited, { what: "the gateway to end" });
  expect(exit.code).toBe(1);
  expect(gateway.output()).toContain("KEYWIRE_PORT");
  await waitFor(async () => (await redis.client.pubsub("CHANNELS", "*")).toString() === "", {
    what: "Redis to be left alone",
  });
  await redis.stop();
});
