import { isUtf8 } from "node:buffer";
import type { QuickJSHandle } from "quickjs-emscripten-core";
import type { PackedEvent } from "../wire/packing.js";
import type { Realm } from "./realm.js";

/** Names of events that are kept as values of the sandbox. */
const MAX_EVENT_NAMES = 256;

/** What the prelude's functions are called with, as values of the sandbox. */
export class CallbackArguments {
  readonly #realm: Realm;
  readonly #eventNames = new Map<string, QuickJSHandle>();

  constructor(realm: Realm) {
    this.#realm = realm;
  }

  /** For `fire` and `fired`. */
  ofEvent({ job, index, db, event, key }: PackedEvent): QuickJSHandle[] {
    const { context } = this.#realm;
    return [
      context.newNumber(job),
      context.newNumber(index),
      context.newNumber(db),
      this.#eventName(event),
      isUtf8(key)
        ? this.#realm.text(Buffer.from(key.buffer, key.byteOffset, key.length).toString())
        : context.null,
      this.#realm.bytes(key),
    ];
  }

  /** For `react`. */
  ofReaction({ job, index, db }: PackedEvent): QuickJSHandle[] {
    const { context } = this.#realm;
    return [context.newNumber(job), context.newNumber(index), context.newNumber(db)];
  }

  /**
   * For `call`.
   *
   * @param isRaw the function is given bytes; else all arguments have to be UTF-8
   */
  ofCall(
    job: number,
    index: number,
    db: number,
    isPlain: boolean,
    isRaw: boolean,
    args: readonly Uint8Array[],
  ): QuickJSHandle[] {
    const { context } = this.#realm;
    return [
      context.newNumber(job),
      context.newNumber(index),
      context.newNumber(db),
      isPlain ? context.false : context.true,
      ...args.map((arg) =>
        isRaw ? this.#realm.bytes(arg) : this.#realm.text(Buffer.from(arg).toString()),
      ),
    ];
  }

  /**
   * For `record`.
   *
   * @param texts the stream's name, then the record's names and values in turn
   */
  ofRecord(
    job: number,
    index: number,
    db: number,
    id: string,
    texts: readonly Uint8Array[],
  ): QuickJSHandle[] {
    const { context } = this.#realm;
    const [stream, ...fields] = texts.map((text) =>
      isUtf8(text) ? Buffer.from(text).toString() : null,
    );
    const head = JSON.stringify({ id: id.split("-"), stream, fields });
    return [
      context.newNumber(job),
      context.newNumber(index),
      context.newNumber(db),
      this.#realm.text(head),
      ...texts.map((text) => this.#realm.bytes(text)),
    ];
  }

  #eventName(event: string): QuickJSHandle {
    const known = this.#eventNames.get(event);
    if (known !== undefined) return known.dup();
    const handle = this.#realm.text(event);
    if (this.#eventNames.size < MAX_EVENT_NAMES) this.#eventNames.set(event, handle.dup());
    return handle;
  }
}
