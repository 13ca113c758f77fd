import { Clients } from "./client.mjs";
import { describe } from "./failures.mjs";
import { Jobs } from "./jobs.mjs";
import { Pending } from "./pending.mjs";
import {
  freeze,
  parse,
  put,
  STRING,
  setPrototypeOf,
  stringify,
  stringSlice,
  TYPE_ERROR,
} from "./primordials.mjs";
import { registered } from "./registrations.mjs";
import { FLAGS, Registry } from "./registry.mjs";
import { Runner } from "./runner.mjs";
import { Shards } from "./shards.mjs";

/** @typedef {import("./types.d.ts").Host} Host */

/** Of redis.log; characters. */
const MAX_LOG = 4_096;

/**
 * Puts `redis` into the library's realm and hands the host what drives it.
 *
 * @param {Host} host
 * @param {string} configuration JSON
 */
export function start(host, configuration) {
  const registry = new Registry();
  const pending = new Pending();
  const shards = new Shards(host, pending, registry);
  const clients = new Clients(host, pending, shards);
  shards.useClients((context) => clients.async(context));
  const redis = {
    ...registry.api(),
    functionFlags: FLAGS,
    config: parse(configuration),
    apiVersion: () => "1.1",
    log: (/** @type {unknown[]} */ ...args) => log(host, args),
  };
  put(globalThis, "redis", freeze(redis));
  const jobs = new Jobs(registry, clients, new Runner(host, clients));
  // Bare, as the host takes its properties by name.
  return setPrototypeOf(
    {
      describe,
      parse,
      registered: () => registered(registry),
      prefix: (/** @type {"triggers" | "streamTriggers"} */ kind, /** @type {number} */ index) =>
        registry.lists[kind][index]?.prefix,
      deliver: (/** @type {number} */ id, /** @type {unknown} */ value) =>
        pending.deliver(id, value),
      ...jobs.entries(),
    },
    null,
  );
}

/**
 * @param {Host} host
 * @param {unknown[]} args
 */
function log(host, args) {
  if (args.length !== 1) {
    throw new TYPE_ERROR(`redis.log takes one argument, a string, got ${args.length}`);
  }
  const text = STRING(args[0]);
  // As JSON, since the host's strings end at a NUL.
  host.log(stringify(text.length > MAX_LOG ? stringSlice(text, 0, MAX_LOG) : text));
}
