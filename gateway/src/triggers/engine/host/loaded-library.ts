import {
  type Bytes,
  type CallOptions,
  type EnginePorts,
  type FunctionInfo,
  type Library,
  LibraryFailure,
  type Prologue,
  type Reply,
  type StreamRecord,
  type StreamTriggerInfo,
  type TriggerEvent,
  type TriggerInfo,
} from "../ports.js";
import { ReplaceableWorker } from "./replaceable-worker.js";
import type { Program } from "./thread.js";

/** A library by its names; its worker, which knows its callbacks by their places, does the work. */
export class LoadedLibrary implements Library {
  readonly engine: Prologue["engine"];
  readonly apiVersion: string;
  readonly name: string;
  readonly triggers: readonly TriggerInfo[];
  readonly functions: readonly FunctionInfo[];
  readonly clusterFunctions: readonly string[];
  readonly streamTriggers: readonly StreamTriggerInfo[];
  readonly #worker: ReplaceableWorker;
  readonly #triggerPlaces: ReadonlyMap<string, number>;
  readonly #functionPlaces: ReadonlyMap<string, number>;
  readonly #streamTriggerPlaces: ReadonlyMap<string, number>;

  /** @throws LibraryError */
  static async open(
    prologue: Prologue,
    program: Program,
    ports: EnginePorts,
    compiled: () => void,
  ): Promise<LoadedLibrary> {
    return new LoadedLibrary(prologue, await ReplaceableWorker.open(program, ports, compiled));
  }

  private constructor(prologue: Prologue, worker: ReplaceableWorker) {
    const { triggers, functions, clusterFunctions, streamTriggers } = worker.registered;
    this.engine = prologue.engine;
    this.apiVersion = prologue.apiVersion;
    this.name = prologue.name;
    this.triggers = triggers;
    this.functions = functions;
    this.clusterFunctions = clusterFunctions;
    this.streamTriggers = streamTriggers;
    this.#worker = worker;
    this.#triggerPlaces = placesOf(triggers);
    this.#functionPlaces = placesOf(functions);
    this.#streamTriggerPlaces = placesOf(streamTriggers);
  }

  get pendingJobs(): number {
    return this.#worker.pendingJobs;
  }

  get pendingAsyncCalls(): number {
    return this.#worker.pendingAsyncCalls;
  }

  get replacements(): number {
    return this.#worker.replacements;
  }

  fire(trigger: string, event: TriggerEvent): Promise<void> {
    const index = this.#triggerPlaces.get(trigger);
    if (index === undefined) return this.#unknown("trigger", trigger);
    return this.#worker.do({ type: "fire", index, event });
  }

  async call(
    name: string,
    keys: readonly Bytes[],
    args: readonly Bytes[],
    how: CallOptions,
  ): Promise<Reply> {
    const index = this.#functionPlaces.get(name);
    if (index === undefined) return this.#unknown("function", name);
    if (this.functions[index]?.isAsync && how.mode === "plain") {
      throw new LibraryFailure(
        "async_only",
        `the function ${name} is async, so it cannot be called plainly; call it asynchronously`,
      );
    }
    return this.#worker.do({ type: "call", index, args: [...keys, ...args], how });
  }

  processStream(trigger: string, record: StreamRecord): Promise<void> {
    const index = this.#streamTriggerPlaces.get(trigger);
    if (index === undefined) return this.#unknown("stream trigger", trigger);
    return this.#worker.do({ type: "record", index, record });
  }

  close(): Promise<void> {
    return this.#worker.close();
  }

  #unknown(what: string, name: string): Promise<never> {
    const message = `the library ${this.name} has no ${what} ${JSON.stringify(name)}`;
    return Promise.reject(new LibraryFailure("unknown", message));
  }
}

function placesOf(entries: readonly { readonly name: string }[]): ReadonlyMap<string, number> {
  return new Map(entries.map(({ name }, index) => [name, index]));
}
