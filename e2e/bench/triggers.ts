import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { parseRedisUrl } from "@keywire/gateway/keyspace";
import { type Library, openCommander, openLibrary } from "@keywire/gateway/triggers";
import { Redis } from "ioredis";

/** Events of one round. */
const TRIVIAL = 20_000;
const CALLING = 5_000;
/** Rounds; the first ones, in which everything gets warm, do not count. */
const WARMING = 2;
const ROUNDS = 5;

const SOURCE = `#!js api_version=1.0 name=bench
let n = 0;
redis.registerKeySpaceTrigger("trivial", "", () => { n++; });
redis.registerKeySpaceTrigger("calling", "", (client, data) => { client.call("incr", data.key); });`;

export interface TriggerFigures {
  /** Callbacks per second of a trigger that does nothing, end to end. */
  readonly trivial: number;
  /** Of one that calls Redis once, its command between marks. */
  readonly calling: number;
  /** Events per second of an async program with one ioredis connection that does the same one by one. */
  readonly program: number;
  /** `calling` by `program`. */
  readonly ratio: number;
}

/**
 * Measures the engine and the commander on a Redis, side by side with a program that does the same.
 *
 * @param url a Redis of its own
 * @param program the sandbox's built program
 */
export async function measureTriggers(url: string, program: URL): Promise<TriggerFigures> {
  const commands = openCommander(parseRedisUrl(url));
  const library = await openLibrary(SOURCE, {}, { commands, program, report: () => {} });
  const redis = new Redis(url);
  const trivial: number[] = [];
  const calling: number[] = [];
  const programs: number[] = [];
  for (let round = 0; round < WARMING + ROUNDS; round++) {
    const rates = [
      await rate(TRIVIAL, () => fireAll(library, "trivial", TRIVIAL)),
      await rate(CALLING, () => fireAll(library, "calling", CALLING)),
      await rate(CALLING, () => oneByOne(redis)),
    ] as const;
    if (round < WARMING) continue;
    trivial.push(rates[0]);
    calling.push(rates[1]);
    programs.push(rates[2]);
  }
  await library.close();
  commands.close();
  redis.disconnect();
  const ratios = calling.map((value, i) => value / (programs[i] ?? Number.NaN));
  return {
    trivial: median(trivial),
    calling: median(calling),
    program: median(programs),
    ratio: median(ratios),
  };
}

/** The sandbox's program as `npm run build` makes it. */
export function builtSandbox(): URL {
  return pathToFileURL(createRequire(import.meta.url).resolve("@keywire/gateway/sandbox"));
}

async function fireAll(library: Library, trigger: string, count: number): Promise<void> {
  const all: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    all.push(library.fire(trigger, { db: 0, key: Buffer.from(`bench:${i}`), event: "set" }));
  }
  await Promise.all(all);
}

async function oneByOne(redis: Redis): Promise<void> {
  for (let i = 0; i < CALLING; i++) await redis.incr(`bench:${i}`);
}

async function rate(count: number, run: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await run();
  return (count * 1_000) / (performance.now() - begun);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
