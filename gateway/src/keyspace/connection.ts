import { type CommonRedisOptions, Redis } from "ioredis";
import type { Endpoint, RedisTarget } from "./target.js";

/** How long a TCP and TLS handshake may take, ms. */
const CONNECT_TIMEOUT = 3_000;
/** How long a command on a control connection may take, ms. */
const COMMAND_TIMEOUT = 1_000;

export type ConnectionOptions = Pick<
  CommonRedisOptions,
  | "username"
  | "password"
  | "connectTimeout"
  | "connectionName"
  | "disableClientInfo"
  | "enableReadyCheck"
  | "lazyConnect"
> & { readonly tls?: Record<string, never> };

/** What every connection to the deployment has in common. */
export function connectionOptions(target: RedisTarget): ConnectionOptions {
  return {
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(target.tls ? { tls: {} } : {}),
    connectTimeout: CONNECT_TIMEOUT,
    connectionName: "keywire",
    disableClientInfo: true,
    // It takes INFO, which a careful operator withholds; a server that still loads refuses by itself.
    enableReadyCheck: false,
    lazyConnect: true,
  };
}

/**
 * A connection that is used once: no reconnecting, no queue, no subscriptions restored behind our
 * back (ioredis loses binary channel names there, and crashes the process on a refusal).
 * RESP2, since under RESP3 ioredis drops the `invalidate` messages that tell of a flush.
 */
export function connectSubscriber(target: RedisTarget, endpoint: Endpoint): Redis {
  return new Redis({
    ...connectionOptions(target),
    ...endpoint,
    protocol: 2,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    retryStrategy: null,
  });
}

/** A connection for questions to one node, used until it fails; a question fails in time. */
export function connectControl(target: RedisTarget, endpoint: Endpoint): Redis {
  return new Redis({
    ...connectionOptions(target),
    ...endpoint,
    protocol: 2,
    commandTimeout: COMMAND_TIMEOUT,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    retryStrategy: null,
  });
}

/** Connects, uses it and closes it. @throws Error what went wrong first */
export async function withConnection<T>(redis: Redis, use: () => Promise<T>): Promise<T> {
  let reason: Error | undefined;
  redis.on("error", (error: Error) => {
    reason = error;
  });
  try {
    await redis.connect();
    return await use();
  } catch (error) {
    // "Connection is closed" says less than why it was.
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}
