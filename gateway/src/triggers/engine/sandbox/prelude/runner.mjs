import { describe } from "./failures.mjs";
import { apply, arrayPush, bareList, isAsyncFunction, stringify } from "./primordials.mjs";
import { toReply } from "./values.mjs";

/** @typedef {import("./types.d.ts").Host} Host */
/** @typedef {import("./types.d.ts").Registered} Registered */
/** @typedef {import("./types.d.ts").Context} Context */
/** @typedef {import("./client.mjs").Clients} Clients */

/** Runs callbacks, and tells the host what becomes of their promises. */
export class Runner {
  #host;
  #clients;

  /**
   * @param {Host} host
   * @param {Clients} clients
   */
  constructor(host, clients) {
    this.#host = host;
    this.#clients = clients;
  }

  /**
   * Runs a callback.
   *
   * @param {number} job
   * @param {Registered} entry
   * @param {Context} context
   * @param {unknown[]} args
   * @param {(value: unknown) => void} [answer] tells the host what a function came to
   * @returns {string | boolean | undefined} a failure's description; true where its promise will
   *   tell; undefined where it is done
   */
  run(job, entry, context, args, answer) {
    try {
      const value = this.#call(entry, context, args);
      if (isAsyncFunction(entry.callback) || isThenable(value)) {
        this.#follow(job, value, answer ?? (() => this.#host.settled(job)));
        return true;
      }
      answer?.(value);
      return undefined;
    } catch (error) {
      return describe(error);
    }
  }

  /**
   * Tells the host what a function came to.
   *
   * @param {number} job
   * @param {unknown} value
   */
  answer(job, value) {
    /** @type {ArrayBuffer[]} */
    const buffers = bareList();
    const list = bareList();
    list[0] = job;
    list[1] = stringify(toReply(value, buffers));
    for (let i = 0; i < buffers.length; i++) arrayPush(list, buffers[i]);
    apply(this.#host.answered, this.#host, list);
  }

  /**
   * @param {Registered} entry
   * @param {Context} context
   * @param {unknown[]} args
   */
  #call({ callback, isAsync }, context, args) {
    if (isAsync) return withClient(callback, this.#clients.async(context), args);
    const state = { hasEnded: false };
    try {
      return withClient(callback, this.#clients.plain(context, state), args);
    } finally {
      state.hasEnded = true;
    }
  }

  /**
   * @param {number} job
   * @param {unknown} value
   * @param {(value: unknown) => void} done
   */
  async #follow(job, value, done) {
    try {
      // In a function of its own: what a promise throws at whoever awaits it ends that at once.
      await this.#finish(value, done);
    } catch (error) {
      this.#host.failed(job, describe(error));
    }
  }

  /**
   * @param {unknown} value
   * @param {(value: unknown) => void} done
   */
  async #finish(value, done) {
    done(await value);
  }
}

/**
 * @param {any} callback
 * @param {object} client
 * @param {unknown[]} args
 */
function withClient(callback, client, args) {
  // As triggers have it: spared the list.
  if (args.length === 1) return callback(client, args[0]);
  const list = bareList();
  list[0] = client;
  for (let i = 0; i < args.length; i++) arrayPush(list, args[i]);
  return apply(callback, undefined, list);
}

/** @param {any} value */
const isThenable = (value) =>
  typeof value === "object" && value !== null && typeof value.then === "function";
