import { systemClock } from "@keywire/shared";
import { Redis } from "ioredis";
import type { Log } from "../../observe/index.js";
import { Demo } from "./demo.js";
import type { PrivateRedis } from "./private-redis.js";
import type { Command } from "./shop.js";

/** ms; whoever ends it waits for what is under way, and the server may hang. */
const COMMAND_TIMEOUT = 1_000;

/**
 * Begins the demo traffic in the private server; there is no way to begin it in another one.
 *
 * @returns how to end it
 */
export function startTraffic({ port }: PrivateRedis, log: Log): () => Promise<void> {
  const redis = new Redis({
    ...{ port, host: "127.0.0.1" },
    ...{ maxRetriesPerRequest: 0, commandTimeout: COMMAND_TIMEOUT },
  });
  // Each command that fails for it is told by `failed`.
  redis.on("error", () => {});
  const demo = new Demo({
    clock: systemClock,
    random: Math.random,
    send: (commands) => sendAll(redis, commands),
    failed: (error) => log.debug("demo traffic failed", { error }),
  });
  demo.start();
  return async () => {
    const stopped = demo.stop();
    // What waits for a connection gives up at once.
    redis.disconnect();
    await stopped;
  };
}

async function sendAll(redis: Redis, commands: readonly Command[]): Promise<void> {
  const pipeline = redis.pipeline();
  for (const [name, ...args] of commands) pipeline.call(name, ...args);
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
}
