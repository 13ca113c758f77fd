import { Clients } from "./client.mjs";
import { describe } from "./failures.mjs";
import { Pending } from "./pending.mjs";
import {
  apply,
  arrayPush,
  bare,
  bareList,
  freeze,
  isAsyncFunction,
  keys,
  parse,
  put,
  STRING,
  setPrototypeOf,
  stringify,
  stringSlice,
  TYPE_ERROR,
} from "./primordials.mjs";
import { FLAGS, Registry } from "./registry.mjs";
import { Shards } from "./shards.mjs";
import { toReply } from "./values.mjs";

/** @typedef {import("./types.d.ts").Host} Host */
/** @typedef {import("./types.d.ts").Registered} Registered */
/** @typedef {import("./types.d.ts").Context} Context */

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
  const runner = new Runner(host, registry, clients);
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
      ...runner.entries(),
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

/**
 * Ends the registrations, and tells of them.
 *
 * @param {Registry} registry
 */
function registered(registry) {
  registry.isOpen = false;
  const lists = bare();
  const kinds = keys(registry.lists);
  for (let i = 0; i < kinds.length; i++) {
    const kind = /** @type {import("./types.d.ts").Kind} */ (kinds[i]);
    lists[kind] = bareList();
    const entries = registry.lists[kind];
    for (let j = 0; j < entries.length; j++) {
      arrayPush(lists[kind], shown(/** @type {Registered} */ (entries[j])));
    }
  }
  return stringify(lists);
}

/**
 * What is told of an entry, with nothing in it that could speak for itself.
 *
 * @param {Registered} entry
 */
function shown({ name, description, isAsync, events, flags, window, isStreamTrimmed }) {
  const entry = bare();
  entry.name = name;
  entry.description = description;
  entry.isAsync = isAsync;
  entry.events = events && copied(events);
  entry.flags = flags && copied(flags);
  entry.window = window;
  entry.isStreamTrimmed = isStreamTrimmed;
  return entry;
}

/** @param {readonly string[]} items */
function copied(items) {
  const list = bareList();
  for (let i = 0; i < items.length; i++) arrayPush(list, items[i]);
  return list;
}

/** Runs callbacks. What is returned to the host is the same everywhere: see `#outcome`. */
class Runner {
  #host;
  #registry;
  #clients;
  /** What `onTriggerFired` left for callbacks that wait for their turn, by job. */
  #data = setPrototypeOf({}, null);

  /**
   * @param {Host} host
   * @param {Registry} registry
   * @param {Clients} clients
   */
  constructor(host, registry, clients) {
    this.#host = host;
    this.#registry = registry;
    this.#clients = clients;
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
        const failure = this.#fired(job, index, db, event, key, raw);
        return failure === undefined ? this.#react(job, index, db) : failure;
      },
      /** `onTriggerFired` alone. */
      fired: (
        /** @type {number} */ job,
        /** @type {number} */ index,
        /** @type {number} */ db,
        /** @type {string} */ event,
        /** @type {string | null} */ key,
        /** @type {ArrayBuffer} */ raw,
      ) => this.#fired(job, index, db, event, key, raw),
      /** The callback of what was fired before. */
      react: (/** @type {number} */ job, /** @type {number} */ index, /** @type {number} */ db) =>
        this.#react(job, index, db),
      /** It is not to run any more. */
      forget: (/** @type {number} */ job) => {
        delete this.#data[job];
      },
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
   * @param {number} job
   * @param {number} index
   * @param {number} db
   * @param {string} event
   * @param {string | null} key
   * @param {ArrayBuffer} raw
   */
  #fired(job, index, db, event, key, raw) {
    const data = { event, key, key_raw: raw };
    const onTriggerFired = this.#registry.lists.triggers[index]?.onTriggerFired;
    if (typeof onTriggerFired === "function") {
      const { client, end } = this.#clients.plain({
        consumer: index,
        db,
        access: "read",
        mayBlock: false,
      });
      try {
        // A promise that it returns is nobody's.
        apply(onTriggerFired, undefined, [client, data]);
      } catch (error) {
        return describe(error);
      } finally {
        end();
      }
    }
    this.#data[job] = data;
    return undefined;
  }

  /**
   * @param {number} job
   * @param {number} index
   * @param {number} db
   */
  #react(job, index, db) {
    const data = this.#data[job];
    delete this.#data[job];
    const { triggers } = this.#registry.lists;
    const entry = /** @type {Registered} */ (triggers[index]);
    const context = contextOf(index, db, "write", true);
    return this.#outcome(job, entry, context, [data]);
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
    return this.#outcome(job, entry, context, args, (value) => this.#answer(job, value));
  }

  /**
   * @param {number} job
   * @param {unknown} value
   */
  #answer(job, value) {
    /** @type {ArrayBuffer[]} */
    const buffers = bareList();
    const list = bareList();
    list[0] = job;
    list[1] = stringify(toReply(value, buffers));
    for (let i = 0; i < buffers.length; i++) arrayPush(list, buffers[i]);
    apply(this.#host.answered, this.#host, list);
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
    return this.#outcome(job, entry, context, [data]);
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
  #outcome(job, entry, context, args, answer) {
    const list = bareList();
    list[0] = undefined;
    for (let i = 0; i < args.length; i++) arrayPush(list, args[i]);
    try {
      const value = this.#run(entry, context, list);
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
   * @param {Registered} entry
   * @param {Context} context
   * @param {any[]} list with room for the client in front
   */
  #run(entry, context, list) {
    if (entry.isAsync) {
      list[0] = this.#clients.async(context);
      return apply(entry.callback, undefined, list);
    }
    const { client, end } = this.#clients.plain(context);
    list[0] = client;
    try {
      return apply(entry.callback, undefined, list);
    } finally {
      end();
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
 * @param {number} consumer
 * @param {number} db
 * @param {Context["access"]} access
 * @param {boolean} mayBlock
 * @returns {Context}
 */
const contextOf = (consumer, db, access, mayBlock) => ({ consumer, db, access, mayBlock });

/** @param {any} value */
const isThenable = (value) =>
  typeof value === "object" && value !== null && typeof value.then === "function";

/**
 * @param {Registered} entry
 * @param {string} flag
 */
function hasFlag(entry, flag) {
  const flags = entry.flags ?? [];
  for (let i = 0; i < flags.length; i++) if (flags[i] === flag) return true;
  return false;
}

/**
 * @param {readonly string[]} id
 * @param {string | null} stream
 * @param {readonly (string | null)[]} fields names and values in turn, null where not UTF-8
 * @param {ArrayBuffer[]} raw
 */
function recordOf(id, stream, fields, raw) {
  /** @type {unknown[]} */
  const record = [];
  /** @type {unknown[]} */
  const rawRecord = [];
  for (let i = 0; i < fields.length; i += 2) {
    put(record, i / 2, [fields[i], fields[i + 1]]);
    put(rawRecord, i / 2, [raw[i + 1], raw[i + 2]]);
  }
  return {
    id: [id[0], id[1]],
    stream_name: stream,
    stream_name_raw: raw[0],
    record,
    record_raw: rawRecord,
  };
}
