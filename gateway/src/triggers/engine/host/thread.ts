import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { EngineLimits } from "../ports.js";
import type { FromSandbox, SandboxData, ToSandbox } from "../wire/messages.js";
import { type SharedMemory, sharedMemory } from "../wire/shared-memory.js";

/** Of the worker's own heap, besides the library's memory: replies and answers on their way. */
const RESOURCES = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };

export interface Program {
  readonly file: URL;
  readonly wasm: WebAssembly.Module;
  readonly name: string;
  readonly source: string;
  /** JSON */
  readonly configuration: string;
  readonly limits: EngineLimits;
}

/** A worker thread with a sandbox in it. */
export class SandboxThread {
  readonly memory: SharedMemory;
  /** For replies that do not fit into shared memory. */
  readonly bulk: MessagePort;
  readonly #worker: Worker;
  #state: "running" | "ended" = "running";

  /**
   * @param heard what the worker says; nothing any more once `end` was called
   * @param ended told once where it ended by itself
   */
  constructor(
    { file, wasm, name, source, configuration, limits }: Program,
    heard: (message: FromSandbox) => void,
    ended: (error: Error) => void,
  ) {
    const { port1, port2 } = new MessageChannel();
    this.bulk = port1;
    const buffer = sharedMemory().words.buffer as SharedArrayBuffer;
    this.memory = sharedMemory(buffer);
    const data: SandboxData = {
      wasm,
      memory: buffer,
      bulk: port2,
      name,
      source,
      configuration,
      limits,
    };
    this.#worker = new Worker(file, {
      name: `library ${name}`,
      workerData: data,
      transferList: [port2],
      env: {},
      execArgv: [],
      resourceLimits: RESOURCES,
      stdout: true,
      stderr: true,
    });
    // What the bindings print there is told in messages as well.
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.on("message", (message: FromSandbox) => {
      if (this.#state === "running") heard(message);
    });
    let cause: Error | undefined;
    this.#worker.on("error", (error) => {
      cause = error;
    });
    this.#worker.on("exit", (code) => {
      if (this.#state === "ended") return;
      this.#state = "ended";
      this.bulk.close();
      ended(cause ?? new Error(`the worker ended with code ${code}`));
    });
  }

  post(message: ToSandbox, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#state === "running") this.#worker.postMessage(message, transfer);
  }

  /** Ends it wherever it is; it is heard no more. */
  async end(): Promise<void> {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.bulk.close();
    await this.#worker.terminate();
  }
}
