import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { connectionOptions, withConnection } from "./connection.js";
import { type Endpoint, type RedisTarget, show } from "./target.js";

/** How long a Sentinel may take to answer, ms. */
const ANSWER_TIMEOUT = 1_000;
/** How long the others are waited for when one has answered, ms. */
const PATIENCE = 250;
/** How long after one Sentinel the others know of a failover, ms, and with them the oldest word of it. */
const HEARSAY = 1_000;

/** What a Sentinel says. */
export interface SentinelWord {
  readonly primary: Endpoint;
  /** Rises with each failover: whoever has the lower one has not heard of it yet. */
  readonly epoch: number;
  /** For how many ms it has known this primary for one; 0 where it does not say. */
  readonly knownFor: number;
}

/** Whom the Sentinels take for the primary, and for how many ms it may have been one by now. */
export interface Appointment {
  readonly primary: Endpoint;
  readonly appointedFor: number;
}

/**
 * Asks all Sentinels: one that was cut off, or stood still with the primary beside it, goes on naming a
 * primary that others have replaced, to which some clients may write already.
 *
 * @throws Error naming who was asked and what they said, where none answers
 */
export async function askSentinels(target: RedisTarget): Promise<Appointment> {
  const words: SentinelWord[] = [];
  const refusals: string[] = [];
  const asked = target.endpoints.map((sentinel) =>
    askSentinel(target, sentinel).then(
      (word) => words.push(word),
      (error: unknown) => {
        refusals.push(`${show(sentinel)}: ${error instanceof Error ? error.message : error}`);
        throw error;
      },
    ),
  );
  const patience = () => pause(PATIENCE, undefined, { ref: false });
  await Promise.race([Promise.allSettled(asked), Promise.any(asked).then(patience, () => {})]);
  const newest = newestWord(words);
  if (newest === undefined) throw new Error(`no Redis node answered: ${refusals.join("; ")}`);
  return newest;
}

/** What those say who heard of the last failover. */
export function newestWord(words: readonly SentinelWord[]): Appointment | undefined {
  const epoch = Math.max(...words.map((word) => word.epoch));
  const [one, ...others] = words.filter((word) => word.epoch === epoch);
  if (one === undefined) return undefined;
  const agreeing = others.filter(({ primary }) => show(primary) === show(one.primary));
  const knownFor = Math.max(...[one, ...agreeing].map((word) => word.knownFor));
  return { primary: one.primary, appointedFor: knownFor + HEARSAY };
}

async function askSentinel(target: RedisTarget, sentinel: Endpoint): Promise<SentinelWord> {
  const { username: _, password: __, ...options } = connectionOptions(target);
  const connection = new Redis({
    ...options,
    ...sentinel,
    protocol: 2,
    commandTimeout: ANSWER_TIMEOUT,
    enableReadyCheck: false,
    retryStrategy: null,
  });
  return withConnection(connection, async () => {
    const name = target.name ?? "";
    const ask = (command: string) => connection.call("SENTINEL", command, name);
    const [address, details] = await Promise.all([
      ask("get-master-addr-by-name") as Promise<string[] | null>,
      // Who may not ask for more goes by the address alone.
      ask("MASTER").catch(() => []) as Promise<string[]>,
    ]);
    const [host, port] = address ?? [];
    if (host === undefined) throw new Error(`knows no primary named ${JSON.stringify(name)}`);
    return wordOf({ host, port: Number(port) }, details);
  });
}

/** @param details names and values in turn */
function wordOf(primary: Endpoint, details: readonly string[]): SentinelWord {
  const of = (name: string) => details[details.indexOf(name) + 1] ?? "";
  const numberOf = (name: string) => (details.includes(name) ? Number(of(name)) : 0);
  // Who leads a failover tells details of the former primary until all replicas follow the new one.
  const isOfPrimary = of("ip") === primary.host && Number(of("port")) === primary.port;
  return {
    primary,
    epoch: numberOf("config-epoch"),
    knownFor: isOfPrimary ? numberOf("role-reported-time") : 0,
  };
}
