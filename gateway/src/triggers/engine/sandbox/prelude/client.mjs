import {
  apply,
  bareList,
  ERROR,
  isArrayBuffer,
  isAsyncFunction,
  stringify,
  TYPE_ERROR,
} from "./primordials.mjs";
import { fromReply, nameOf, wordsOf } from "./values.mjs";

/** @typedef {import("./types.d.ts").Host} Host */
/** @typedef {import("./types.d.ts").Context} Context */

/** The clients that callbacks are given. */
export class Clients {
  #host;
  #pending;
  #shards;
  /** The newest head of a request, and for whom it is: most that follow have the same. */
  #head = {
    consumer: -1,
    db: 0,
    access: "read",
    node: /** @type {string | null} */ (null),
    isRaw: false,
    text: "",
  };

  /**
   * @param {Host} host
   * @param {import("./pending.mjs").Pending} pending
   * @param {import("./shards.mjs").Shards} shards
   */
  constructor(host, pending, shards) {
    this.#host = host;
    this.#pending = pending;
    this.#shards = shards;
  }

  /**
   * For callbacks that are not async.
   *
   * @param {Context} context
   * @param {{ hasEnded: boolean }} state the callback's: `call` works until it has
   */
  plain(context, state) {
    return {
      call: (/** @type {unknown[]} */ ...args) => {
        if (state.hasEnded) throw tooLate("client.call");
        return this.#call(context, "client.call", args);
      },
      callRaw: (/** @type {unknown[]} */ ...args) => {
        if (state.hasEnded) throw tooLate("client.callRaw");
        return this.#call(context, "client.callRaw", args);
      },
      callAsync: (/** @type {unknown[]} */ ...args) =>
        this.#send(context, "client.callAsync", args),
      callAsyncRaw: (/** @type {unknown[]} */ ...args) =>
        this.#send(context, "client.callAsyncRaw", args),
      isBlockAllowed: () => context.mayBlock,
      executeAsync: (/** @type {unknown} */ task) => this.#executeAsync(context, task),
    };
  }

  /**
   * For async callbacks.
   *
   * @param {Context} context
   */
  async(context) {
    const { consumer, db } = context;
    return {
      block: (/** @type {unknown} */ callback) => this.#block(context, callback),
      runOnKey: (/** @type {unknown} */ key, /** @type {unknown[]} */ ...args) => {
        if (typeof key !== "string" && !isArrayBuffer(key)) {
          throw new TYPE_ERROR(
            `client.runOnKey takes a key as its first argument, a string or an ArrayBuffer, got ${nameOf(key)}`,
          );
        }
        const owner = /** @type {string | ArrayBuffer} */ (key);
        return this.#shards.runOnKey({ consumer, db }, owner, args);
      },
      runOnShards: (/** @type {unknown[]} */ ...args) =>
        this.#shards.runOnShards({ consumer, db }, args),
    };
  }

  /**
   * @param {Context} context
   * @param {string} method
   * @param {unknown[]} args
   */
  #call(context, method, args) {
    const { words, buffers } = wordsOf(method, args);
    const request = this.#headOf(context, method === "client.callRaw") + stringify(words);
    const host = this.#host;
    const value =
      buffers.length === 0
        ? host.call(request)
        : apply(host.call, host, withBuffers(request, undefined, buffers));
    return fromReply(value, host);
  }

  /**
   * @param {Context} context
   * @param {string} method
   * @param {unknown[]} args
   */
  #send(context, method, args) {
    const { words, buffers } = wordsOf(method, args);
    const request = this.#headOf(context, method === "client.callAsyncRaw") + stringify(words);
    const { id, promise } = this.#pending.open((value) => fromReply(value, this.#host));
    try {
      apply(this.#host.send, this.#host, withBuffers(id, request, buffers));
    } catch (error) {
      this.#pending.forget(id);
      throw error;
    }
    return promise;
  }

  /**
   * @param {Context} context
   * @param {unknown} callback
   */
  #block(context, callback) {
    if (typeof callback !== "function") {
      throw new TYPE_ERROR(`client.block takes a function, got ${nameOf(callback)}`);
    }
    const state = { hasEnded: false };
    try {
      return callback(this.plain(context, state));
    } finally {
      state.hasEnded = true;
    }
  }

  /**
   * @param {Context} context
   * @param {unknown} callback
   */
  #executeAsync(context, callback) {
    if (!isAsyncFunction(callback)) {
      throw new TYPE_ERROR(`client.executeAsync takes an async function, got ${nameOf(callback)}`);
    }
    // Later, as the callback that asks for it has to end first; nobody waits for it in a plain call either.
    const later = this.async({ ...context, mayBlock: true });
    return this.#pending.later(() => /** @type {Function} */ (callback)(later));
  }

  /**
   * What a request begins with: for whom it is, as a line of JSON.
   *
   * @param {Context} context
   * @param {boolean} isRaw
   */
  #headOf({ consumer, db, access, node }, isRaw) {
    const head = this.#head;
    if (
      head.consumer !== consumer ||
      head.db !== db ||
      head.access !== access ||
      head.node !== node ||
      head.isRaw !== isRaw
    ) {
      const text = headText(consumer, db, access, node, isRaw);
      this.#head = { consumer, db, access, node, isRaw, text };
    }
    return this.#head.text;
  }
}

/**
 * By hand: `stringify` notes the lists that it is in in a list of its own, which the library could
 * have given setters. They would be handed this one, and decide who asks.
 *
 * @param {number} consumer
 * @param {number} db
 * @param {string} access
 * @param {string | null} node
 * @param {boolean} isRaw
 */
function headText(consumer, db, access, node, isRaw) {
  const where = node === null ? "null" : stringify(node);
  // biome-ignore lint/style/useTemplate: templates call String's concat, which may be the library's.
  return "[" + consumer + "," + db + ',"' + access + '",' + where + "," + isRaw + "]\n";
}

/** @param {string} method */
const tooLate = (method) =>
  new ERROR(
    `${method} was called after its callback had ended; use client.executeAsync and ` +
      "client.block there",
  );

/**
 * @param {unknown} first
 * @param {unknown} second left out where undefined
 * @param {ArrayBuffer[]} buffers
 */
function withBuffers(first, second, buffers) {
  const list = bareList();
  list[0] = first;
  if (second !== undefined) list[1] = second;
  for (let i = 0; i < buffers.length; i++) list[list.length] = buffers[i];
  return list;
}
