import { Redis } from "ioredis";
import { connectionOptions } from "../../keyspace/connection.js";
import { type Endpoint, type RedisTarget, show } from "../../keyspace/target.js";

/** ms; a node that takes longer is as good as down. */
const COMMAND_TIMEOUT = 3_000;

/** A node that is looked at. */
export interface Patient {
  readonly target: RedisTarget;
  readonly endpoint: Endpoint;
  readonly address: string;
  readonly control: Redis;
}

/** What a server said to a command: its answer, or its refusal. */
export type Answer =
  | { readonly kind: "answer"; readonly value: unknown }
  | { readonly kind: "denied"; readonly message: string }
  | { readonly kind: "absent"; readonly message: string }
  | { readonly kind: "refused"; readonly message: string };

/** A connection that is used for one examination; the caller disconnects it. */
export async function connect(target: RedisTarget, endpoint: Endpoint): Promise<Redis> {
  const redis = new Redis({
    ...connectionOptions(target),
    ...endpoint,
    connectionName: "keywire-doctor",
    protocol: 2,
    commandTimeout: COMMAND_TIMEOUT,
    maxRetriesPerRequest: 0,
    // It asks INFO, which a user may lack the right to.
    enableReadyCheck: false,
    retryStrategy: null,
  });
  let reason: Error | undefined;
  redis.on("error", (error: Error) => {
    reason ??= error;
  });
  try {
    await redis.connect();
    return redis;
  } catch (error) {
    redis.disconnect();
    // "Connection is closed" says less than why it was.
    throw reason ?? error;
  }
}

export async function withPatient<T>(
  target: RedisTarget,
  endpoint: Endpoint,
  examine: (patient: Patient) => Promise<T>,
): Promise<T> {
  const control = await connect(target, endpoint);
  try {
    const answer = await ask(control, "PING");
    // It refuses all alike then, which says nothing of each.
    if (answer.kind === "refused" && /^(NOAUTH|LOADING)/.test(answer.message)) {
      throw new Error(answer.message);
    }
    return await examine({ target, endpoint, address: show(endpoint), control });
  } finally {
    control.disconnect();
  }
}

/** Sends a command; a refusal is an answer, too. @throws where the connection failed */
export async function ask(redis: Redis, command: string, ...args: string[]): Promise<Answer> {
  try {
    return { kind: "answer", value: await redis.call(command, ...args) };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ReplyError") throw error;
    const { message } = error;
    // EXEC is refused in words of its own.
    if (/^(EXECABORT .*)?NOPERM/.test(message)) return { kind: "denied", message };
    if (/^ERR unknown command/i.test(message)) {
      return { kind: "absent", message: `the server has no ${command.toUpperCase()}` };
    }
    return { kind: "refused", message };
  }
}

/** The command line that sends a command to the node, its password left out. */
export function redisCli({ endpoint, target }: Patient, command: string): string {
  const where = `redis-cli -h ${endpoint.host} -p ${endpoint.port}`;
  return `${where}${target.tls ? " --tls" : ""} ${command}`;
}
