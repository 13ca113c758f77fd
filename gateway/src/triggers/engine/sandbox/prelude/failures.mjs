import { bare, STRING, stringify, stringSlice, weakSetAdd, weakSetHas } from "./primordials.mjs";

/** Errors that are about how `redis.register…` was called. */
const misuses = new WeakSet();

/**
 * @template {object} T
 * @param {T} error
 */
export function misuse(error) {
  weakSetAdd(misuses, error);
  return error;
}

/** As far as a text goes into a failure, characters. */
const MAX_TEXT = 2_000;

/**
 * What the library threw, for the host: `{"text","stack","misuse"}`. Runs the library's getters and
 * `toString`, so it may throw, and takes of the callback's time.
 *
 * @param {any} error
 * @returns {string}
 */
export function describe(error) {
  const isObject = (typeof error === "object" && error !== null) || typeof error === "function";
  const description = bare();
  description.text = cut(textOf(error));
  description.stack = cut(stackOf(isObject ? error : bare()));
  description.misuse = isObject && weakSetHas(misuses, error);
  return stringify(description);
}

/** @param {unknown} error */
function textOf(error) {
  try {
    return STRING(error);
  } catch {
    return "an exception that cannot be shown: its toString throws";
  }
}

/** @param {any} error */
function stackOf(error) {
  try {
    const { stack } = error;
    return typeof stack === "string" ? stack : "";
  } catch {
    return "";
  }
}

/** @param {string} text */
const cut = (text) => (text.length > MAX_TEXT ? stringSlice(text, 0, MAX_TEXT) : text);
