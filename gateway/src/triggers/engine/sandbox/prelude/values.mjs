import {
  ARRAY_BUFFER,
  arrayBufferSlice,
  arrayPush,
  BIG_INT,
  bareList,
  defineProperty,
  ERROR,
  isArray,
  isArrayBuffer,
  isInteger,
  isUint8Array,
  keys,
  parse,
  put,
  SET,
  STRING,
  setAdd,
  setForEach,
  stringify,
  TYPE_ERROR,
  typedArrayBuffer,
  typedArrayLength,
  typedArrayOffset,
  UINT8_ARRAY,
} from "./primordials.mjs";

/** Redis' values and JavaScript's, both ways. */

/** How deep an answer may be nested. */
const MAX_DEPTH = 100;
const MAX_INT32 = 2 ** 31 - 1;
const MIN_INT32 = -(2 ** 31);

/** What Redis answers when a command fails: its text alone when it is shown. */
export class RedisError extends ERROR {
  /** @param {string} message */
  constructor(message) {
    super(message);
    put(this, "name", "RedisError");
  }
}
defineProperty(RedisError.prototype, "toString", {
  value: /** @this {Error} */ function () {
    return this.message;
  },
});

// Redis to JavaScript

/**
 * What a reply is to the library. Simple ones come as they are, an integer as a number; for all
 * others there is undefined, and the rest is taken from the host.
 *
 * @param {unknown} value
 * @param {{ text(): string, bytes(): ArrayBuffer }} rest
 * @throws RedisError where the reply is an error
 */
export function fromReply(value, rest) {
  if (typeof value === "number") return BIG_INT(value);
  if (value !== undefined) return value;
  const { kind, reply, slices } = parse(rest.text());
  if (kind === "error") throw new RedisError(reply);
  if (kind === "plain") return reply;
  return revive(reply, slices ? rest.bytes() : undefined);
}

/**
 * @param {any} node
 * @param {ArrayBuffer | undefined} bytes
 * @returns {unknown}
 */
function revive(node, bytes) {
  if (!isArray(node)) return node;
  const kind = node[0];
  const a = node[1];
  const b = node[2];
  switch (kind) {
    case "integer":
      return BIG_INT(a);
    case "double":
      return doubleOf(a);
    case "bytes":
      return arrayBufferSlice(bytes, a, b);
    case "big_number":
    case "verbatim":
      return typedString(kind, a, b);
    case "error":
      return new RedisError(a);
    case "map":
      return reviveMap(a, bytes);
    case "set":
      return reviveSet(a, bytes);
    default:
      return reviveArray(a, bytes);
  }
}

/** @param {string} text one that JSON cannot say */
function doubleOf(text) {
  if (text === "inf") return Infinity;
  if (text === "-inf") return -Infinity;
  return text === "-0" ? -0 : Number.NaN;
}

/**
 * @param {string} type
 * @param {string} text
 * @param {string | undefined} format
 */
function typedString(type, text, format) {
  const string = new STRING(text);
  put(string, "__reply_type", type);
  if (format !== undefined) put(string, "__format", format);
  return string;
}

/**
 * @param {any[]} items
 * @param {ArrayBuffer | undefined} bytes
 */
function reviveArray(items, bytes) {
  /** @type {unknown[]} */
  const array = [];
  for (let i = 0; i < items.length; i++) put(array, i, revive(items[i], bytes));
  return array;
}

/**
 * @param {any[]} items keys and values in turn
 * @param {ArrayBuffer | undefined} bytes
 */
function reviveMap(items, bytes) {
  const map = {};
  for (let i = 0; i < items.length; i += 2) put(map, items[i], revive(items[i + 1], bytes));
  return map;
}

/**
 * @param {any[]} items
 * @param {ArrayBuffer | undefined} bytes
 */
function reviveSet(items, bytes) {
  const set = new SET();
  for (let i = 0; i < items.length; i++) setAdd(set, revive(items[i], bytes));
  return set;
}

// JavaScript to Redis

/**
 * A command's words: texts stand in the list, of bytes their number among the buffers.
 *
 * @param {string} what names the call in errors
 * @param {unknown[]} args
 */
export function wordsOf(what, args) {
  /** @type {(string | number)[]} */
  const words = bareList();
  /** @type {ArrayBuffer[]} */
  const buffers = bareList();
  if (args.length === 0) {
    throw new TYPE_ERROR(`${what} got no argument; it takes a command's name and its arguments`);
  }
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    words[i] = isText(arg) ? textOf(arg) : bufferIndex(what, i, arg, buffers);
  }
  return { words, buffers };
}

/** @param {unknown} value @returns {value is string | number | bigint} */
const isText = (value) =>
  typeof value === "string" || typeof value === "number" || typeof value === "bigint";

/** @param {string | number | bigint} value */
const textOf = (value) => (typeof value === "string" ? value : STRING(value));

/**
 * @param {string} what
 * @param {number} index
 * @param {unknown} arg
 * @param {ArrayBuffer[]} buffers
 */
function bufferIndex(what, index, arg, buffers) {
  const buffer = bytesOf(arg);
  if (buffer === undefined) {
    throw new TYPE_ERROR(
      `${what} got ${nameOf(arg)} as argument ${index + 1}; arguments are strings, numbers, ` +
        "BigInts, ArrayBuffers and Uint8Arrays",
    );
  }
  buffers[buffers.length] = buffer;
  return buffers.length - 1;
}

/** @param {unknown} value @returns {ArrayBuffer | undefined} */
export function bytesOf(value) {
  if (isArrayBuffer(value)) return /** @type {ArrayBuffer} */ (value);
  if (!isUint8Array(value)) return undefined;
  const start = typedArrayOffset(value);
  return sliceOf(typedArrayBuffer(value), start, typedArrayLength(value));
}

/**
 * By hand: a buffer's own slice asks the buffer for its constructor.
 *
 * @param {ArrayBuffer} buffer
 * @param {number} start
 * @param {number} length
 */
function sliceOf(buffer, start, length) {
  const copy = new ARRAY_BUFFER(length);
  const from = new UINT8_ARRAY(buffer, start, length);
  const to = new UINT8_ARRAY(copy);
  for (let i = 0; i < length; i++) to[i] = /** @type {number} */ (from[i]);
  return copy;
}

/**
 * How a value is called in an error.
 *
 * @param {unknown} value
 */
export function nameOf(value) {
  if (value === null) return "null";
  if (isArray(value)) return "an array";
  if (typeof value === "function") return "a function";
  if (typeof value === "object") return "an object";
  if (typeof value === "string") return stringify(value);
  if (typeof value === "symbol") return "a symbol";
  return `${value}`;
}

/**
 * An answer, as nested lists that say of what type each value is.
 *
 * @param {any} value
 * @param {ArrayBuffer[]} buffers takes the bytes
 * @param {number} depth
 * @returns {unknown}
 */
export function toReply(value, buffers, depth = 0) {
  if (depth > MAX_DEPTH) {
    throw new TYPE_ERROR(`the answer is nested more than ${MAX_DEPTH} deep`);
  }
  switch (typeof value) {
    case "string":
      return tagged("string", value);
    case "bigint":
      return tagged("integer", STRING(value));
    case "number":
      return numberReply(value);
    case "boolean":
      return value;
    case "undefined":
      return tagged("undefined", null);
    case "object":
      return value === null ? null : objectReply(value, buffers, depth + 1);
    default:
      throw new TYPE_ERROR(`an answer cannot hold ${nameOf(value)}`);
  }
}

/**
 * @param {string} type
 * @param {unknown} value
 */
function tagged(type, value) {
  const list = bareList();
  list[0] = type;
  list[1] = value;
  return list;
}

/** @param {number} value */
const textOfNumber = (value) => (1 / value === -Infinity ? "-0" : STRING(value));

/** @param {number} value */
function numberReply(value) {
  const isInt = isInteger(value) && value >= MIN_INT32 && value <= MAX_INT32;
  // -0 is no integer.
  return tagged(isInt && 1 / value !== -Infinity ? "integer" : "double", textOfNumber(value));
}

/**
 * @param {any} value
 * @param {ArrayBuffer[]} buffers
 * @param {number} depth
 */
function objectReply(value, buffers, depth) {
  const bytes = bytesOf(value);
  if (bytes !== undefined) {
    buffers[buffers.length] = bytes;
    return tagged("bytes", buffers.length - 1);
  }
  /** @type {unknown[]} */
  const items = bareList();
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) arrayPush(items, toReply(value[i], buffers, depth));
    return tagged("array", items);
  }
  if (isSet(value, items, buffers, depth)) return tagged("set", items);
  if (value instanceof STRING || value instanceof ERROR) return tagged("string", STRING(value));
  const names = keys(value);
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    arrayPush(items, name);
    arrayPush(items, toReply(value[/** @type {string} */ (name)], buffers, depth));
  }
  return tagged("map", items);
}

/**
 * Whether it is a Set; its items are put to the others then.
 *
 * @param {unknown} value
 * @param {unknown[]} items
 * @param {ArrayBuffer[]} buffers
 * @param {number} depth
 */
function isSet(value, items, buffers, depth) {
  /** @type {unknown[]} */
  const members = [];
  try {
    setForEach(value, (/** @type {unknown} */ member) => arrayPush(members, member));
  } catch {
    return false;
  }
  for (let i = 0; i < members.length; i++) arrayPush(items, toReply(members[i], buffers, depth));
  return true;
}
