import { describe } from "./failures.mjs";
import { parse, setPrototypeOf } from "./primordials.mjs";
import { recordOf } from "./record.mjs";

/** @typedef {import("./types.d.ts").Registered} Registered */
/** @typedef {import("./types.d.ts").Context} Context */
/** @typedef {import("./client.mjs").Clients} Clients */
/** @typedef {import("./registry.mjs").Registry} Registry */
/** @typedef {import("./runner.mjs").Runner} Runner */

/**
 * What the host has done: events, calls and records, each of them a job. What is returned to it is
 * the same everywhere: see `Runner.run`.
 */
export class Jobs {
  #registry;
  #clients;
  #runner;
  /** What `onTriggerFired` left for callbacks that wait for their turn, by job. */
  #data = setPrototypeOf({}, null);

  /**
   * @param {Registry} registry
   * @param {Clients} clients
   * @param {Runner} runner
   */
  constructor(registry, clients, runner) {
    this.#registry = registry;
    this.#clients = clients;
    this.#runner = runner;
  }

  entries() {
    return {
      /** `onTriggerFired` and the callback at once. */
      fire: (
        /** @type {number} */ job,
        /** @type {number} */ index,
        /** @type {number} */ db,
        /** @type {string} */ event,
        /** @type {string | null} */ key,
        /** @type {ArrayBuffer} */ raw,
      ) => {
        const data = { event, key, key_raw: raw };
        const failure = this.#triggerFired(index, db, data);
        return failure === undefined ? this.#run(job, index, db, data) : failure;
      },
      /** `onTriggerFired` alone. */
      fired: (
        /** @type {number} */ job,
        /** @type {number} */ index,
        /** @type {number} */ db,
        /** @type {string} */ event,
        /** @type {string | null} */ key,
        /** @type {ArrayBuffer} */ raw,
      ) => {
        const data = { event, key, key_raw: raw };
        const failure = this.#triggerFired(index, db, data);
        if (failure === undefined) this.#data[job] = data;
        return failure;
      },
      /** The callback of what was fired before. */
      react: (/** @type {number} */ job, /** @type {number} */ index, /** @type {number} */ db) =>
        this.#run(job, index, db, this.#takeData(job)),
      call: (
        /** @type {number} */ job,
        /** @type {number} */ index,
        /** @type {number} */ db,
        /** @type {boolean} */ mayBlock,
        /** @type {unknown[]} */ ...args
      ) => this.#call(job, index, db, mayBlock, args),
      record: (
        /** @type {number} */ job,
        /** @type {number} */ index,
        /** @type {number} */ db,
        /** @type {string} */ head,
        /** @type {ArrayBuffer[]} */ ...raw
      ) => this.#record(job, index, db, head, raw),
    };
  }

  /**
   * @param {number} index
   * @param {number} db
   * @param {object} data
   * @returns {string | undefined} a failure's description
   */
  #triggerFired(index, db, data) {
    /** @type {any} */
    const onTriggerFired = this.#registry.lists.triggers[index]?.onTriggerFired;
    if (typeof onTriggerFired !== "function") return undefined;
    const state = { hasEnded: false };
    const client = this.#clients.plain(contextOf(index, db, "read", false), state);
    try {
      // A promise that it returns is nobody's.
      onTriggerFired(client, data);
      return undefined;
    } catch (error) {
      return describe(error);
    } finally {
      state.hasEnded = true;
    }
  }

  /** @param {number} job */
  #takeData(job) {
    const data = this.#data[job];
    delete this.#data[job];
    return data;
  }

  /**
   * @param {number} job
   * @param {number} index
   * @param {number} db
   * @param {unknown} data
   */
  #run(job, index, db, data) {
    const { triggers } = this.#registry.lists;
    const entry = /** @type {Registered} */ (triggers[index]);
    return this.#runner.run(job, entry, contextOf(index, db, "write", true), [data]);
  }

  /**
   * @param {number} job
   * @param {number} index
   * @param {number} db
   * @param {boolean} mayBlock
   * @param {unknown[]} args
   */
  #call(job, index, db, mayBlock, args) {
    const { triggers, functions } = this.#registry.lists;
    const entry = /** @type {Registered} */ (functions[index]);
    const access = hasFlag(entry, "no-writes") ? "read" : "write";
    const context = contextOf(triggers.length + index, db, access, mayBlock);
    return this.#runner.run(job, entry, context, args, (value) => this.#runner.answer(job, value));
  }

  /**
   * @param {number} job
   * @param {number} index
   * @param {number} db
   * @param {string} head JSON of what is text in it
   * @param {ArrayBuffer[]} raw the stream's name, and the record's names and values in turn
   */
  #record(job, index, db, head, raw) {
    const { id, stream, fields } = parse(head);
    const data = recordOf(id, stream, fields, raw);
    const { triggers, functions, clusterFunctions, streamTriggers } = this.#registry.lists;
    const entry = /** @type {Registered} */ (streamTriggers[index]);
    const consumer = triggers.length + functions.length + clusterFunctions.length + index;
    const context = contextOf(consumer, db, "write", true);
    return this.#runner.run(job, entry, context, [data]);
  }
}

/**
 * All of it its own: what is left out would be looked for on prototypes that may be the library's.
 *
 * @param {number} consumer
 * @param {number} db
 * @param {Context["access"]} access
 * @param {boolean} mayBlock
 * @returns {Context}
 */
const contextOf = (consumer, db, access, mayBlock) => ({
  consumer,
  db,
  access,
  mayBlock,
  node: null,
});

/**
 * @param {Registered} entry
 * @param {string} flag
 */
function hasFlag(entry, flag) {
  const flags = entry.flags ?? [];
  for (let i = 0; i < flags.length; i++) if (flags[i] === flag) return true;
  return false;
}
