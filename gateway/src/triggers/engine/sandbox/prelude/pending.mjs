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
    const id = this.#next;
    // As far as 32 bits go: those of long ago are settled.
    this.#next = (this.#next + 1) % 2 ** 32;
    const promise = new PROMISE((resolve, reject) => {
      this.#waiting[id] = { resolve, reject, convert };
    });
    return { id, promise };
  }

  /**
   * It was not sent.
   *
   * @param {number} id
   */
  forget(id) {
    delete this.#waiting[id];
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
