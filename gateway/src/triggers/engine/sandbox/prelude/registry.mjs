import { misuse } from "./failures.mjs";
import {
  arrayPush,
  bare,
  bareList,
  freeze,
  isArray,
  isArrayBuffer,
  isAsyncFunction,
  isInteger,
  ownKeys,
  regExpExec,
  TYPE_ERROR,
} from "./primordials.mjs";
import { nameOf } from "./values.mjs";

/** @typedef {import("./types.d.ts").Registered} Registered */
/** @typedef {import("./types.d.ts").Kind} Kind */
/** @typedef {import("./types.d.ts").Callback} Callback */

const NAME = /^[A-Za-z0-9_]+$/;
export const FLAGS = freeze({
  NO_WRITES: "no-writes",
  ALLOW_OOM: "allow-oom",
  RAW_ARGUMENTS: "raw-arguments",
});
/** Of each kind: every gateway looks after all of them. */
const MOST = 1_000;
const FLAG_NAMES = ["no-writes", "allow-oom", "raw-arguments"];

/** What the library has registered, by kind, in its order. */
export class Registry {
  /** @type {Record<Kind, Registered[]>} */
  lists = {
    triggers: bareList(),
    functions: bareList(),
    clusterFunctions: bareList(),
    streamTriggers: bareList(),
  };
  isOpen = true;
  #names = bare();

  /** The functions for `redis`. */
  api() {
    return {
      registerKeySpaceTrigger: (/** @type {unknown[]} */ ...args) => this.#trigger(args),
      registerStreamTrigger: (/** @type {unknown[]} */ ...args) => this.#streamTrigger(args),
      registerFunction: (/** @type {unknown[]} */ ...args) =>
        this.#function("registerFunction", args, false),
      registerAsyncFunction: (/** @type {unknown[]} */ ...args) =>
        this.#function("registerAsyncFunction", args, true),
      registerClusterFunction: (/** @type {unknown[]} */ ...args) => this.#clusterFunction(args),
    };
  }

  /** @param {unknown[]} args */
  #trigger(args) {
    const call = new Call("registerKeySpaceTrigger", this.isOpen);
    call.count(args, 3, 4, "a name, a prefix, a callback and perhaps options");
    const callback = call.callback(args[2], 3);
    const options = call.options(args[3], 4, ["description", "events", "onTriggerFired"]);
    this.#add(call, "triggers", {
      name: call.name(args[0]),
      prefix: call.prefix(args[1]),
      callback,
      description: call.description(options.description),
      events: call.events(options.events),
      onTriggerFired: call.onTriggerFired(options.onTriggerFired),
      isAsync: isAsyncFunction(callback),
    });
  }

  /** @param {unknown[]} args */
  #streamTrigger(args) {
    const call = new Call("registerStreamTrigger", this.isOpen);
    call.count(args, 3, 4, "a name, a prefix, a callback and perhaps options");
    const callback = call.callback(args[2], 3);
    const options = call.options(args[3], 4, ["description", "window", "isStreamTrimmed"]);
    this.#add(call, "streamTriggers", {
      name: call.name(args[0]),
      prefix: call.prefix(args[1]),
      callback,
      description: call.description(options.description),
      window: call.window(options.window),
      isStreamTrimmed: call.boolean("isStreamTrimmed", options.isStreamTrimmed),
      isAsync: isAsyncFunction(callback),
    });
  }

  /**
   * @param {string} api
   * @param {unknown[]} args
   * @param {boolean} isAsync
   */
  #function(api, args, isAsync) {
    const call = new Call(api, this.isOpen);
    call.count(args, 2, 3, "a name, a callback and perhaps options");
    const options = call.options(args[2], 3, ["description", "flags"]);
    this.#add(call, "functions", {
      name: call.name(args[0]),
      callback: call.callback(args[1], 2),
      description: call.description(options.description),
      flags: call.flags(options.flags),
      isAsync,
    });
  }

  /** @param {unknown[]} args */
  #clusterFunction(args) {
    const call = new Call("registerClusterFunction", this.isOpen);
    call.count(args, 2, 2, "a name and an async callback");
    const callback = call.callback(args[1], 2);
    if (!isAsyncFunction(callback)) {
      throw call.fault("takes an async function as its second argument, got one that is not async");
    }
    const name = call.name(args[0]);
    this.#add(call, "clusterFunctions", { name, callback, description: null, isAsync: true });
  }

  /**
   * @param {Call} call
   * @param {Kind} kind
   * @param {Registered} entry
   */
  #add(call, kind, entry) {
    const id = kind + entry.name;
    if (this.#names[id]) {
      throw call.fault(`got the name ${nameOf(entry.name)} a second time; each needs its own`);
    }
    if (this.lists[kind].length >= MOST) {
      throw call.fault(
        `was called more than ${MOST} times; one with a shorter prefix may stand for many`,
      );
    }
    this.#names[id] = true;
    arrayPush(this.lists[kind], entry);
  }
}

/** One call of `redis.register…`: its checks, each of which says what was got and what is taken. */
class Call {
  /**
   * @param {string} api
   * @param {boolean} isLoading
   */
  constructor(api, isLoading) {
    this.api = api;
    if (!isLoading) throw this.fault("can be called only while the library is loaded");
  }

  /** @param {string} what */
  fault(what) {
    return misuse(new TYPE_ERROR(`redis.${this.api} ${what}`));
  }

  /**
   * @param {unknown[]} args
   * @param {number} least
   * @param {number} most
   * @param {string} takes
   */
  count(args, least, most, takes) {
    if (args.length < least || args.length > most) {
      const noun = args.length === 1 ? "argument" : "arguments";
      throw this.fault(`takes ${takes}, got ${args.length} ${noun}`);
    }
  }

  /** @param {unknown} value */
  name(value) {
    if (typeof value === "string" && regExpExec(NAME, value) !== null) return value;
    throw this.fault(
      `takes a name of letters, digits and _ as its first argument, got ${nameOf(value)}`,
    );
  }

  /** @param {unknown} value */
  prefix(value) {
    if (typeof value === "string" || isArrayBuffer(value)) {
      return /** @type {string | ArrayBuffer} */ (value);
    }
    throw this.fault(
      `takes a prefix as its second argument, a string or an ArrayBuffer, got ${nameOf(value)}`,
    );
  }

  /**
   * @param {unknown} value
   * @param {number} position
   */
  callback(value, position) {
    if (typeof value === "function") return /** @type {Callback} */ (value);
    throw this.fault(`takes a function as its argument ${position}, got ${nameOf(value)}`);
  }

  /**
   * @param {unknown} value
   * @param {number} position
   * @param {readonly string[]} known
   * @returns {any} bare of anything else
   */
  options(value, position, known) {
    const result = bare();
    if (value === undefined) return result;
    if (typeof value !== "object" || value === null || isArray(value) || isArrayBuffer(value)) {
      throw this.fault(
        `takes an object of options as its argument ${position}, got ${nameOf(value)}`,
      );
    }
    const names = ownKeys(value);
    for (let i = 0; i < names.length; i++) {
      const name = /** @type {string} */ (names[i]);
      if (!includes(known, name)) {
        throw this.fault(`knows no option ${nameOf(name)}; its options are ${list(known)}`);
      }
      result[name] = /** @type {any} */ (value)[name];
    }
    return result;
  }

  /** @param {unknown} value */
  description(value) {
    if (value === undefined) return null;
    if (typeof value === "string") return value;
    throw this.fault(`takes a string as its option description, got ${nameOf(value)}`);
  }

  /** @param {unknown} value */
  events(value) {
    if (value === undefined) return null;
    if (!isArray(value) || value.length === 0) {
      throw this.fault(
        `takes an array of names of events as its option events, such as ["hset", "del"], ` +
          `got ${isArray(value) ? "an empty one" : nameOf(value)}`,
      );
    }
    const events = bareList();
    for (let i = 0; i < value.length; i++) arrayPush(events, this.#event(value[i]));
    return events;
  }

  /** @param {unknown} value */
  #event(value) {
    if (value === "new") throw this.fault('got the event "new", which fires no trigger');
    if (typeof value === "string" && value !== "") return value;
    throw this.fault(`takes names of events as its option events, got ${nameOf(value)} among them`);
  }

  /** @param {unknown} value */
  onTriggerFired(value) {
    if (value === undefined) return null;
    if (typeof value !== "function") {
      throw this.fault(`takes a function as its option onTriggerFired, got ${nameOf(value)}`);
    }
    if (isAsyncFunction(value)) {
      throw this.fault("takes a function that is not async as its option onTriggerFired");
    }
    return /** @type {Callback} */ (value);
  }

  /** @param {unknown} value */
  window(value) {
    if (value === undefined) return 1;
    if (typeof value === "number" && isInteger(value) && value >= 1) return value;
    throw this.fault(`takes a whole number from 1 as its option window, got ${nameOf(value)}`);
  }

  /**
   * @param {string} option
   * @param {unknown} value
   */
  boolean(option, value) {
    if (value === undefined) return false;
    if (typeof value === "boolean") return value;
    throw this.fault(`takes true or false as its option ${option}, got ${nameOf(value)}`);
  }

  /** @param {unknown} value */
  flags(value) {
    if (value === undefined) return [];
    if (!isArray(value)) {
      throw this.fault(
        `takes an array of ${list(FLAG_NAMES)} as its option flags, got ${nameOf(value)}`,
      );
    }
    const flags = bareList();
    for (let i = 0; i < value.length; i++) {
      const flag = value[i];
      if (!includes(FLAG_NAMES, flag)) {
        throw this.fault(`knows no flag ${nameOf(flag)}; its flags are ${list(FLAG_NAMES)}`);
      }
      if (!includes(flags, flag)) arrayPush(flags, flag);
    }
    return flags;
  }
}

/**
 * @param {readonly unknown[]} items
 * @param {unknown} item
 */
function includes(items, item) {
  for (let i = 0; i < items.length; i++) if (items[i] === item) return true;
  return false;
}

/** @param {readonly string[]} names */
function list(names) {
  let text = "";
  for (let i = 0; i < names.length; i++) text += `${i === 0 ? "" : ", "}${names[i]}`;
  return text;
}
