import { describe } from "./failures.mjs";
import {
  apply,
  arrayPush,
  bareList,
  ERROR,
  parse,
  put,
  stringify,
  TYPE_ERROR,
} from "./primordials.mjs";
import { nameOf } from "./values.mjs";

/** @typedef {import("./types.d.ts").Host} Host */
/** @typedef {import("./types.d.ts").Registered} Registered */
/** @typedef {{ readonly consumer: number, readonly db: number }} Caller */
/** @typedef {{ hasFailed: false, result: unknown } | { hasFailed: true, error: unknown, text: string }} Outcome */

/**
 * Cluster functions. In the server they ran on the other shards; here they run in this library's
 * sandbox, once for each shard, and what they ask Redis goes to that shard.
 */
export class Shards {
  #host;
  #pending;
  #registry;
  /** @type {(context: import("./types.d.ts").Context) => object} */
  #clientFor = () => ({});

  /**
   * @param {Host} host
   * @param {import("./pending.mjs").Pending} pending
   * @param {import("./registry.mjs").Registry} registry
   */
  constructor(host, pending, registry) {
    this.#host = host;
    this.#pending = pending;
    this.#registry = registry;
  }

  /** @param {(context: import("./types.d.ts").Context) => object} clientFor */
  useClients(clientFor) {
    this.#clientFor = clientFor;
  }

  /**
   * @param {Caller} caller
   * @param {string | ArrayBuffer} key
   * @param {unknown[]} args
   */
  async runOnKey(caller, key, args) {
    const { entry, json } = this.#prepare("client.runOnKey", args);
    const nodes = await this.#locate(key);
    const outcome = await this.#run(caller, entry, json, /** @type {string} */ (nodes[0]));
    if (outcome.hasFailed) throw outcome.error;
    return outcome.result;
  }

  /**
   * @param {Caller} caller
   * @param {unknown[]} args
   * @returns {Promise<[unknown[], unknown[]]>} what the shards answered, and what failed
   */
  async runOnShards(caller, args) {
    const { entry, json } = this.#prepare("client.runOnShards", args);
    const nodes = await this.#locate(undefined);
    /** @type {Promise<Outcome>[]} */
    const runs = bareList();
    for (let i = 0; i < nodes.length; i++) {
      arrayPush(runs, this.#run(caller, entry, json, /** @type {string} */ (nodes[i])));
    }
    /** @type {unknown[]} */
    const results = [];
    /** @type {unknown[]} */
    const errors = [];
    for (let i = 0; i < runs.length; i++) {
      const outcome = await /** @type {Promise<Outcome>} */ (runs[i]);
      if (outcome.hasFailed) put(errors, errors.length, outcome.text);
      else put(results, results.length, outcome.result);
    }
    return [results, errors];
  }

  /**
   * @param {string | ArrayBuffer | undefined} key
   * @returns {Promise<readonly string[]>}
   */
  #locate(key) {
    const { id, promise } = this.#pending.open((value) => {
      const { nodes, error } = parse(/** @type {string} */ (value));
      if (error !== undefined) throw new ERROR(error);
      return nodes;
    });
    try {
      if (key === undefined) this.#host.locate(id);
      else this.#host.locate(id, typeof key === "string" ? stringify(key) : key);
    } catch (error) {
      this.#pending.forget(id);
      throw error;
    }
    return promise;
  }

  /**
   * @param {string} api
   * @param {unknown[]} args
   */
  #prepare(api, args) {
    const name = args[0];
    const entry = this.#find(name);
    if (entry === undefined) {
      throw new TYPE_ERROR(
        `${api} was asked to run ${nameOf(name)}, and no cluster function of that name is registered`,
      );
    }
    const rest = bareList();
    for (let i = 1; i < args.length; i++) arrayPush(rest, args[i]);
    return { entry, json: stringify(rest) };
  }

  /** @param {unknown} name */
  #find(name) {
    const list = this.#registry.lists.clusterFunctions;
    for (let i = 0; i < list.length; i++) if (list[i]?.name === name) return list[i];
    return undefined;
  }

  /**
   * @param {Caller} caller
   * @param {Registered} entry
   * @param {string} json
   * @param {string} node
   * @returns {Promise<Outcome>}
   */
  async #run({ consumer, db }, entry, json, node) {
    try {
      const client = this.#clientFor({ consumer, db, access: "read", mayBlock: true, node });
      const args = parse(json);
      const list = bareList();
      list[0] = client;
      for (let i = 0; i < args.length; i++) arrayPush(list, args[i]);
      const answer = await apply(entry.callback, undefined, list);
      const text = stringify(answer);
      return { hasFailed: false, result: text === undefined ? undefined : parse(text) };
    } catch (error) {
      return { hasFailed: true, error, text: parse(describe(error)).text };
    }
  }
}
