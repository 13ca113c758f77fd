import { bare, PROMISE } from "./primordials.mjs";

/**
 * @typedef {object} Waiting
 * @property {(value: unknown) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {(value: unknown) => unknown} convert
 */

/** What asynchronous calls wait for, by number. */
export class Pending {
  /** @type {Record<number, Waiting>} */
  #waiting = bare();
  #next = 0;

  /**
   * @param {(value: unknown) => unknown} convert makes the result of what is delivered, or throws
   */
  open(convert) {
    const id = this.#next++;
    const promise = new PROMISE((resolve, reject) => {
      this.#waiting[id] = { resolve, reject, convert };
    });
    return { id, promise };
  }

  /**
   * @param {number} id
   * @param {unknown} value
   */
  deliver(id, value) {
    const waiting = this.#waiting[id];
    if (waiting === undefined) return;
    delete this.#waiting[id];
    try {
      waiting.resolve(waiting.convert(value));
    } catch (error) {
      waiting.reject(error);
    }
  }

  /** @param {() => unknown} task */
  async later(task) {
    await undefined;
    return task();
  }
}
