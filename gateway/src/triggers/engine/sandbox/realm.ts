import variant from "@jitl/quickjs-wasmfile-release-sync";
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
} from "quickjs-emscripten-core";
import type { EngineLimits } from "../ports.js";
import { callStraight } from "./host-calls.js";
import { PRELUDE } from "./prelude-sources.js";

const PAGE = 64 * 1_024;
/** What the module asks for at the least, pages. */
const INITIAL_PAGES = 256;
/** Room for what is not the library's own: QuickJS itself, texts on their way in and out. */
const OVERHEAD = 48 * 1_024 * 1_024;
/** Promise reactions between two looks at the clock. */
const JOBS_AT_ONCE = 64;
const MAIN = "keywire/prelude.mjs";

/** The library took more memory than it may. */
export class OutOfMemory extends Error {
  override readonly name = "OutOfMemory";
}

/** What running library code came to, besides a value. */
export interface Thrown {
  readonly thrown: QuickJSHandle;
}

/** QuickJS, with bounded memory, and what is needed to move values over the border. */
export class Realm {
  readonly context: QuickJSContext;
  readonly #runtime: QuickJSRuntime;
  readonly #memory: WebAssembly.Memory;
  #parse: QuickJSHandle | undefined;

  static async open(
    wasm: WebAssembly.Module,
    limits: EngineLimits,
    isDue: () => boolean,
  ): Promise<Realm> {
    const memory = new WebAssembly.Memory({
      initial: INITIAL_PAGES,
      maximum: INITIAL_PAGES + Math.ceil((limits.memory + OVERHEAD) / PAGE),
    });
    const options = { wasmModule: wasm, wasmMemory: memory };
    const quickjs = await newQuickJSWASMModuleFromVariant(newVariant(variant, options));
    const runtime = quickjs.newRuntime({
      interruptHandler: isDue,
      memoryLimitBytes: limits.memory,
      maxStackSizeBytes: limits.stack,
    });
    return new Realm(runtime, memory);
  }

  private constructor(runtime: QuickJSRuntime, memory: WebAssembly.Memory) {
    this.#runtime = runtime;
    this.#memory = memory;
    this.context = runtime.newContext();
    callStraight(this.context);
  }

  /** What the prelude exports. */
  loadPrelude(): QuickJSHandle {
    this.#runtime.setModuleLoader((name) => PRELUDE[name] ?? { error: new Error(`no ${name}`) });
    const result = this.context.evalCode(PRELUDE[MAIN] ?? "", MAIN, { type: "module" });
    const exports = this.context.unwrapResult(result);
    // What a library imports is not there; by names of its own, lest it find the prelude's modules.
    this.#runtime.setModuleLoader(
      (name) => ({ error: new Error(`there is no module ${name}: libraries stand alone`) }),
      (_, name) => `library/${name}`,
    );
    return exports;
  }

  /** @returns what was thrown */
  compile(source: string, file: string): QuickJSHandle | undefined {
    const result = this.context.evalCode(source, file, { type: "global", compileOnly: true });
    if (result.error !== undefined) return result.error;
    result.value.dispose();
    return undefined;
  }

  /** @returns what was thrown */
  evaluate(source: string, file: string): QuickJSHandle | undefined {
    const result = this.context.evalCode(source, file, { type: "global" });
    if (result.error !== undefined) return result.error;
    result.value.dispose();
    return undefined;
  }

  /** Calls a function of the prelude; the arguments are used up. */
  call(fn: QuickJSHandle, ...args: QuickJSHandle[]): QuickJSHandle | Thrown {
    const result = this.context.callFunction(fn, this.context.undefined, args);
    for (const arg of args) arg.dispose();
    return result.error === undefined ? result.value : { thrown: result.error };
  }

  /**
   * Runs promises' reactions until there are none.
   *
   * @param mayGoOn asked between some and the next
   * @returns whether none is left
   */
  settle(mayGoOn: () => boolean): boolean {
    while (this.#runtime.hasPendingJob()) {
      if (!mayGoOn()) return false;
      const result = this.#runtime.executePendingJobs(JOBS_AT_ONCE);
      // Reactions hand their errors on; what arrives here was stopped in the middle.
      if (result.error !== undefined) result.error.dispose();
    }
    return true;
  }

  /** Bytes that it has taken from the machine; they are never given back. */
  get taken(): number {
    return this.#memory.buffer.byteLength;
  }

  // Values into the sandbox

  /** @throws OutOfMemory */
  text(text: string): QuickJSHandle {
    this.#reserve(text.length * 3 + 1);
    // The bindings' strings end at a NUL.
    if (text.includes("\0")) return this.#parsed(JSON.stringify(text));
    return this.context.newString(text);
  }

  #parsed(json: string): QuickJSHandle {
    if (this.#parse === undefined) throw new Error("the prelude has not been loaded");
    const parse = this.#parse;
    const value = this.call(parse, this.context.newString(json));
    if ("thrown" in value) throw new OutOfMemory("a text could not be handed to the library");
    return value;
  }

  /** @param parse the sandbox's own JSON.parse, taken before the library could change it */
  useParser(parse: QuickJSHandle): void {
    this.#parse = parse;
  }

  /** @throws OutOfMemory */
  bytes({ buffer, byteOffset, length }: Uint8Array): QuickJSHandle {
    this.#reserve(length);
    return this.context.newArrayBuffer(new Uint8Array(buffer, byteOffset, length) as never);
  }

  // Values out of it

  /** The bytes of an ArrayBuffer, copied; undefined where it is none. */
  copyOf(handle: QuickJSHandle | undefined): Uint8Array<ArrayBuffer> | undefined {
    if (handle === undefined) return undefined;
    try {
      return this.context.getArrayBuffer(handle).consume(({ value }) => value.slice());
    } catch {
      // A detached one, or something else.
      return undefined;
    }
  }

  /** The bindings write through a pointer that they do not look at: there has to be room. */
  #reserve(bytes: number): void {
    if (bytes < PAGE) return;
    const { _malloc, _free } = (this.context as unknown as Bindings).module;
    const pointer = _malloc(bytes);
    if (pointer === 0) throw new OutOfMemory("there is no room for what is handed to the library");
    _free(pointer);
  }
}

interface Bindings {
  readonly module: { _malloc(bytes: number): number; _free(pointer: number): void };
}
