/**
 * What the language gives, taken before any library could change it. These modules run inside the
 * sandbox, in the library's own realm: they iterate no array, spread nothing into calls, call no method
 * of a shared prototype and, but for errors, fill in no template, for which QuickJS calls String's
 * concat: all of these may be the library's by then. `stringify` calls setters that stand on
 * Array.prototype, and shows them what it is given: lists of what the library may choose are all that
 * it is for.
 */

const { bind, call } = Function.prototype;

/**
 * A method as a function that takes its `this` first.
 *
 * @type {(method: Function) => (self: any, ...args: any[]) => any}
 */
const free = bind.bind(call);

/**
 * @param {object} prototype
 * @param {PropertyKey} name
 */
const getter = (prototype, name) =>
  free(/** @type {Function} */ (Object.getOwnPropertyDescriptor(prototype, name)?.get));

const TypedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype);

export const ARRAY_BUFFER = ArrayBuffer;
export const BIG_INT = BigInt;
export const ERROR = Error;
export const PROMISE = Promise;
export const SET = Set;
export const STRING = String;
export const TYPE_ERROR = TypeError;
export const UINT8_ARRAY = Uint8Array;

export const { apply, getPrototypeOf, ownKeys } = Reflect;
export const { parse, stringify } = JSON;
export const { defineProperty, freeze, keys, setPrototypeOf } = Object;
export const { isArray } = Array;
export const { isInteger, isFinite: isFiniteNumber } = Number;

export const arrayPush = free(Array.prototype.push);
export const arrayBufferLength = getter(ArrayBuffer.prototype, "byteLength");
export const arrayBufferSlice = free(ArrayBuffer.prototype.slice);
export const errorToString = free(Error.prototype.toString);
export const mapForEach = free(Map.prototype.forEach);
export const promiseThen = free(Promise.prototype.then);
export const regExpExec = free(RegExp.prototype.exec);
export const setAdd = free(Set.prototype.add);
export const setForEach = free(Set.prototype.forEach);
export const stringIndexOf = free(String.prototype.indexOf);
export const stringSlice = free(String.prototype.slice);
export const stringValueOf = free(String.prototype.valueOf);
export const typedArrayBuffer = getter(TypedArrayPrototype, "buffer");
export const typedArrayOffset = getter(TypedArrayPrototype, "byteOffset");
export const typedArrayLength = getter(TypedArrayPrototype, "byteLength");
export const typedArrayTag = getter(TypedArrayPrototype, Symbol.toStringTag);
export const weakSetAdd = free(WeakSet.prototype.add);
export const weakSetHas = free(WeakSet.prototype.has);

const AsyncFunctionPrototype = getPrototypeOf(async () => {});

/** @param {unknown} value */
export const isAsyncFunction = (value) =>
  typeof value === "function" && getPrototypeOf(value) === AsyncFunctionPrototype;

/**
 * Whether it is a real one: what an object says of itself does not count.
 *
 * @param {unknown} value
 */
export function isArrayBuffer(value) {
  if (typeof value !== "object" || value === null) return false;
  try {
    arrayBufferLength(value);
    return true;
  } catch {
    return false;
  }
}

/** @param {unknown} value */
export const isUint8Array = (value) =>
  typeof value === "object" && value !== null && typedArrayTag(value) === "Uint8Array";

/** An object in which nothing is found but what was put there. */
export const bare = () => setPrototypeOf({}, null);

/** @returns {any} a list that knows none of Array's methods */
export const bareList = () => setPrototypeOf([], null);

/**
 * Sets an own property, whatever stands on the prototypes.
 *
 * @param {object} target
 * @param {PropertyKey} key
 * @param {unknown} value
 */
export function put(target, key, value) {
  const descriptor = bare();
  descriptor.value = value;
  descriptor.writable = descriptor.enumerable = descriptor.configurable = true;
  defineProperty(target, key, descriptor);
}
