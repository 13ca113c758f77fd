import type { QuickJSHandle } from "quickjs-emscripten-core";
import type { LibraryErrorCode } from "../ports.js";
import type { FromSandbox } from "../wire/messages.js";
import type { Entries } from "./entries.js";
import type { Failure, Failures } from "./failures.js";
import type { Meter } from "./meter.js";
import type { Realm } from "./realm.js";
import { readRegistrations } from "./registrations.js";

/** What a library registers may take to be told, in its texts and prefixes, as much as its source may. */
const MOST_TOLD = 1_024 * 1_024;

type Refusal = Extract<FromSandbox, { type: "refused" }>;
type Loaded = Extract<FromSandbox, { type: "loaded" }>;

export interface LoaderPorts {
  readonly realm: Realm;
  readonly meter: Meter;
  readonly entries: Entries;
  readonly failures: Failures;
  /** Runs what the source left to promises. */
  settle(): void;
  /** Something broke besides the library's code. */
  broken(error: unknown): Failure;
}

/** Makes a library of a source, or says why it is none. */
export class Loader {
  readonly #ports: LoaderPorts;
  readonly #source: string;
  readonly #file: string;

  constructor(source: string, file: string, ports: LoaderPorts) {
    this.#source = source;
    this.#file = file;
    this.#ports = ports;
  }

  compile(): Refusal | undefined {
    return this.#attempt(() => this.#ports.realm.compile(this.#source, this.#file), "compilation");
  }

  /** Runs the source, and reads what it has registered. */
  evaluate(): Refusal | Loaded {
    const run = () => this.#ports.realm.evaluate(this.#source, this.#file);
    return this.#attempt(run, "evaluation") ?? this.#registered();
  }

  #attempt(run: () => QuickJSHandle | undefined, code: LibraryErrorCode): Refusal | undefined {
    const { meter, failures, settle, broken } = this.#ports;
    let failure: Failure | undefined;
    try {
      meter.begin();
      const thrown = run();
      if (thrown === undefined) settle();
      else failure = failures.of(thrown);
    } catch (error) {
      failure = broken(error);
    } finally {
      meter.end();
    }
    if (failure === undefined) return undefined;
    const { text, line, misuse } = failures.newest;
    return {
      type: "refused",
      code: misuse ? "registration" : code,
      message: failure.code === "error" ? text : failure.message,
      line,
    };
  }

  #registered(): Refusal | Loaded {
    const { realm, meter, entries } = this.#ports;
    meter.suspend();
    const list = realm.call(entries.registered);
    if ("thrown" in list) {
      list.thrown.dispose();
      return refusal(
        "evaluation",
        "what the library registers could not be read: it has changed what JSON.stringify builds upon",
      );
    }
    const json = list.consume((handle) => realm.context.getString(handle));
    const registered = readRegistrations(realm, json, (kind, index) => this.#prefix(kind, index));
    const { triggers, functions, streamTriggers } = registered;
    const prefixes = [...triggers, ...streamTriggers].map(({ prefix }) => prefix.length);
    if (prefixes.reduce((sum, length) => sum + length, json.length) > MOST_TOLD) {
      return refusal(
        "registration",
        `the names, prefixes, events and descriptions that the library registers have more than ${MOST_TOLD} bytes`,
      );
    }
    if (triggers.length + functions.length + streamTriggers.length > 0) {
      return { type: "loaded", registered };
    }
    return refusal(
      "empty",
      "the library registers nothing; it has to call redis.registerKeySpaceTrigger, " +
        "redis.registerStreamTrigger, redis.registerFunction or redis.registerAsyncFunction " +
        "while it is loaded",
    );
  }

  #prefix(kind: string, index: number): QuickJSHandle {
    const { realm, entries } = this.#ports;
    const { context } = realm;
    const prefix = realm.call(entries.prefix, context.newString(kind), context.newNumber(index));
    if ("thrown" in prefix) throw new Error("a prefix could not be read");
    return prefix;
  }
}

function refusal(code: LibraryErrorCode, message: string): Refusal {
  return { type: "refused", code, message, line: undefined };
}
