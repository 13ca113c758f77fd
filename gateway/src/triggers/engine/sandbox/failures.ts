import type { QuickJSHandle } from "quickjs-emscripten-core";
import type { EngineLimits, LibraryFailureCode } from "../ports.js";
import { inUsualWords, lineIn, parseDescription, withLine } from "./failure-text.js";
import type { Meter } from "./meter.js";
import { OutOfMemory, type Realm } from "./realm.js";

const OUT_OF_MEMORY = /^InternalError: out of memory/;
const INTERRUPTED = /^InternalError: interrupted/;
/**
 * As the engine says where it was stopped in the midst of making a promise: it takes that for the executor's
 * fault, and then misses the functions that resolve it.
 */
const STOPPED_IN_A_PROMISE = /^TypeError: not a function/;

/** Why a job failed. */
export interface Failure {
  readonly code: LibraryFailureCode;
  readonly message: string;
}

/** What the library threw, as it said it. */
export interface Said {
  readonly text: string;
  readonly line: number | undefined;
  /** Whether it is about how `redis.register…` was called. */
  readonly misuse: boolean;
}

/** Finds out what it means that something was thrown in a library's realm. */
export class Failures {
  readonly #realm: Realm;
  readonly #meter: Meter;
  readonly #limits: EngineLimits;
  readonly #describe: QuickJSHandle;
  readonly #file: string;
  #newest: Said = { text: "", line: undefined, misuse: false };

  /** @param describe the prelude's function of that name */
  constructor(
    realm: Realm,
    meter: Meter,
    limits: EngineLimits,
    describe: QuickJSHandle,
    file: string,
  ) {
    this.#realm = realm;
    this.#meter = meter;
    this.#limits = limits;
    this.#describe = describe;
    this.#file = file;
  }

  /** What was thrown by what a failure was made of last. */
  get newest(): Said {
    return this.#newest;
  }

  /** Of what the engine itself threw: the prelude catches all else. */
  of(thrown: QuickJSHandle): Failure {
    this.#meter.extend();
    const description = this.#realm.call(this.#describe, thrown);
    if ("thrown" in description) {
      description.thrown.dispose();
      return this.#meter.isOver
        ? { code: "time", message: this.time() }
        : { code: "memory", message: this.memory() };
    }
    return this.from(description.consume((handle) => this.#realm.context.getString(handle)));
  }

  /** @param json the prelude's description of what was thrown */
  from(json: string): Failure {
    const { text, stack, misuse } = parseDescription(json);
    const line = lineIn(stack, this.#file);
    this.#newest = { text: inUsualWords(text), line, misuse };
    const isInAPromise = STOPPED_IN_A_PROMISE.test(text);
    if (OUT_OF_MEMORY.test(text) || ((text === "null" || isInAPromise) && this.#isFull)) {
      return { code: "memory", message: withLine(this.memory(), line) };
    }
    if ((INTERRUPTED.test(text) || isInAPromise) && this.#meter.isOver) {
      return { code: "time", message: withLine(this.time(), line) };
    }
    return { code: "error", message: withLine(inUsualWords(text), line) };
  }

  /** Of what broke besides the library's code. */
  ofBreakdown(error: unknown): Failure {
    if (error instanceof OutOfMemory) return { code: "memory", message: this.memory() };
    return { code: "lost", message: `the sandbox broke: ${String(error)}` };
  }

  /** That it was stopped for the time it took. */
  time(detail = ""): string {
    const { runningTime } = this.#limits;
    const why = detail === "" ? "" : `: ${detail}`;
    return `stopped after ${runningTime} ms of running time, waiting for Redis not counted${why}`;
  }

  /** That it was stopped for the memory it took. */
  memory(): string {
    return `stopped because it needs more than the ${this.#limits.memory} bytes of memory that a library has`;
  }

  /** Whether it has had all its memory: then there may be none left to say so, and null is thrown. */
  get #isFull(): boolean {
    return this.#realm.taken >= this.#limits.memory;
  }
}
