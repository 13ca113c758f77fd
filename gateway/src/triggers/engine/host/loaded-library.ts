import {
  type Bytes,
  type CallOptions,
  type EnginePorts,
  type FunctionInfo,
  type Library,
  LibraryFailure,
  type LibraryFailureCode,
  type Prologue,
  type Reply,
  type StreamRecord,
  type StreamTriggerInfo,
  type TriggerEvent,
  type TriggerInfo,
} from "../ports.js";
import { ASKED, ENDED, type FromSandbox, type Registered } from "../wire/messages.js";
import { type PackedEvent, packEvents } from "../wire/packing.js";
import { Word } from "../wire/shared-memory.js";
import { CommandDesk } from "./command-desk.js";
import { JobBook } from "./job-book.js";
import { type LoadedThread, loadThread, type ThreadEvents } from "./loading.js";
import type { Program } from "./thread.js";

/** Bytes of events that are handed over in one piece, roughly. */
const BATCH = 256 * 1_024;

type Task =
  | { readonly type: "fire"; readonly index: number; readonly event: TriggerEvent }
  | {
      readonly type: "call";
      readonly index: number;
      readonly args: readonly Bytes[];
      readonly how: CallOptions;
    }
  | { readonly type: "record"; readonly index: number; readonly record: StreamRecord };

type Kind = "triggers" | "functions" | "streamTriggers";
type Reason = "time" | "memory" | "crash";

interface Current extends LoadedThread {
  readonly desk: CommandDesk;
}

/** A library and the worker that it is loaded in; another one takes over where that one fails. */
export class LoadedLibrary implements Library {
  readonly engine: Prologue["engine"];
  readonly apiVersion: string;
  readonly name: string;
  readonly triggers: readonly TriggerInfo[];
  readonly functions: readonly FunctionInfo[];
  readonly clusterFunctions: readonly string[];
  readonly streamTriggers: readonly StreamTriggerInfo[];
  readonly #program: Program;
  readonly #ports: EnginePorts;
  readonly #jobs = new JobBook<Task>();
  readonly #indices: Readonly<Record<Kind, ReadonlyMap<string, number>>>;
  /** Undefined while there is no worker. */
  #current: Current | undefined;
  #state: "open" | "closing" | "closed" = "open";
  #reloading: Promise<void> | undefined;
  #replacements = 0;
  #isDue = false;
  #drained: (() => void) | undefined;

  /** @throws LibraryError */
  static async open(
    prologue: Prologue,
    program: Program,
    ports: EnginePorts,
    compiled: () => void,
  ): Promise<LoadedLibrary> {
    const events = new Relay();
    const loaded = await loadThread(program, events, compiled);
    const library = new LoadedLibrary(prologue, program, ports, loaded.registered);
    library.#use(loaded, events);
    return library;
  }

  private constructor(
    prologue: Prologue,
    program: Program,
    ports: EnginePorts,
    registered: Registered,
  ) {
    this.engine = prologue.engine;
    this.apiVersion = prologue.apiVersion;
    this.name = prologue.name;
    this.triggers = registered.triggers;
    this.functions = registered.functions;
    this.clusterFunctions = registered.clusterFunctions;
    this.streamTriggers = registered.streamTriggers;
    this.#program = program;
    this.#ports = ports;
    this.#indices = {
      triggers: indexOf(registered.triggers),
      functions: indexOf(registered.functions),
      streamTriggers: indexOf(registered.streamTriggers),
    };
  }

  get pendingJobs(): number {
    return this.#jobs.size;
  }

  get pendingAsyncCalls(): number {
    return this.#current?.desk.underWay ?? 0;
  }

  get replacements(): number {
    return this.#replacements;
  }

  fire(trigger: string, event: TriggerEvent): Promise<void> {
    return this.#do("triggers", trigger, (index) => ({ type: "fire", index, event }));
  }

  async call(
    name: string,
    keys: readonly Bytes[],
    args: readonly Bytes[],
    how: CallOptions,
  ): Promise<Reply> {
    const info = this.functions.find((info) => info.name === name);
    if (info?.isAsync && how.mode === "plain") {
      throw new LibraryFailure(
        "async_only",
        `the function ${name} is async, so it cannot be called plainly; call it asynchronously`,
      );
    }
    return this.#do("functions", name, (index) => ({
      type: "call",
      index,
      args: [...keys, ...args],
      how,
    }));
  }

  processStream(trigger: string, record: StreamRecord): Promise<void> {
    return this.#do("streamTriggers", trigger, (index) => ({ type: "record", index, record }));
  }

  async close(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "closing";
    if (this.#jobs.size > 0) await this.#drain();
    this.#state = "closed";
    const thread = this.#dismiss();
    const failure = new LibraryFailure("closed", `the library ${this.name} was closed`);
    if (thread !== undefined) {
      for (const { job } of this.#jobs.recall(thread.memory)) job.reject(failure);
    }
    for (const job of this.#jobs.clear()) job.reject(failure);
    await thread?.end();
    await this.#reloading;
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#program.limits.runningTime);
      this.#drained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  // Handing over

  #do<T>(kind: Kind, name: string, task: (index: number) => Task): Promise<T> {
    const index = this.#indices[kind].get(name);
    if (index === undefined) {
      const what = { triggers: "trigger", functions: "function", streamTriggers: "stream trigger" };
      const message = `the library ${this.name} has no ${what[kind]} ${JSON.stringify(name)}`;
      return Promise.reject(new LibraryFailure("unknown", message));
    }
    if (this.#state !== "open") {
      const message = `the library ${this.name} is closed`;
      return Promise.reject(new LibraryFailure("closed", message));
    }
    return new Promise<T>((resolve, reject) => {
      this.#jobs.add({ task: task(index), resolve: resolve as (value: never) => void, reject });
      this.#soon();
    });
  }

  /** What comes in one turn of the event loop is handed over together. */
  #soon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    process.nextTick(() => {
      this.#isDue = false;
      this.#handOver();
    });
  }

  #handOver(): void {
    const current = this.#current;
    if (current === undefined) {
      this.#reload();
      return;
    }
    let events: PackedEvent[] = [];
    let bytes = 0;
    const send = () => {
      if (events.length === 0) return;
      const packed = packEvents(events);
      current.thread.post({ type: "fire", count: events.length, events: packed }, [packed.buffer]);
      events = [];
      bytes = 0;
    };
    for (;;) {
      const handed = this.#jobs.hand(current.thread.memory);
      if (handed === undefined) break;
      const { number: job, task } = handed;
      if (task.type === "fire") {
        const { db, event, key } = task.event;
        events.push({ job, index: task.index, db, event, key });
        bytes += key.length;
        if (bytes > BATCH) send();
        continue;
      }
      send();
      current.thread.post(messageFor(job, task));
    }
    send();
    current.watchdog.watch(this.#jobs.handed > 0);
  }

  // Hearing

  #heard(current: Current, message: FromSandbox): void {
    if (message === ASKED) {
      current.desk.asked();
      return;
    }
    if (message === ENDED) {
      for (const job of this.#jobs.succeeded(current.thread.memory)) {
        job.resolve(undefined as never);
      }
      this.#goOn(current);
      return;
    }
    switch (message.type) {
      case "asked":
        current.desk.asked(message.request);
        break;
      case "sent":
        current.desk.sent(message.call, message.request);
        break;
      case "route":
        current.desk.route(message.kind);
        break;
      case "locate":
        current.desk.locate(message.call, message.key);
        break;
      case "answered":
        this.#jobs.take(message.job)?.resolve(message.reply as never);
        this.#goOn(current);
        break;
      case "failed":
        this.#jobs.take(message.job)?.reject(new LibraryFailure(message.code, message.message));
        this.#goOn(current);
        break;
      case "log":
        this.#log(message.message, message.dropped);
        break;
      case "spoilt":
        this.#replace(current, message.reason, message.message);
        break;
    }
  }

  #goOn(current: Current): void {
    current.watchdog.watch(this.#jobs.handed > 0);
    if (this.#jobs.size > this.#jobs.handed) this.#soon();
    if (this.#jobs.size === 0) this.#drained?.();
  }

  #log(message: string, lines: number): void {
    const library = this.name;
    if (lines > 0) this.#ports.report({ event: "log_dropped", library, lines });
    this.#ports.report({ event: "log", library, message });
  }

  // Replacing

  #use({ thread, watchdog, registered }: LoadedThread, events: Relay): void {
    const { transfer } = this.#program.limits;
    const desk = new CommandDesk(
      this.#ports,
      thread.memory,
      thread.bulk,
      (message) => thread.post(message),
      transfer,
    );
    desk.origins = [
      ...registered.triggers.map(({ name }) => name),
      ...registered.functions.map(({ name }) => name),
      ...registered.clusterFunctions,
      ...registered.streamTriggers.map(({ name }) => name),
    ].map((consumer) => `trigger:${this.name}.${consumer}`);
    const current: Current = { thread, watchdog, registered, desk };
    this.#current = current;
    events.to({
      heard: (message) => this.#heard(current, message),
      failed: (reason, message) => this.#replace(current, reason, message),
    });
    if (this.#jobs.size > 0) this.#soon();
  }

  #replace(current: Current, reason: Reason, message: string): void {
    if (this.#current !== current) return;
    const { memory } = current.thread;
    for (const job of this.#jobs.succeeded(memory)) job.resolve(undefined as never);
    const running = Atomics.load(memory.words, Word.Job);
    for (const { number, job } of this.#jobs.recall(memory)) {
      job.reject(number === running ? stopped(reason, message) : lost(message));
    }
    this.#dismiss();
    void current.thread.end();
    this.#replacements++;
    this.#ports.report({ event: "replaced", library: this.name, reason, message });
    if (this.#jobs.size === 0) this.#drained?.();
    this.#reload();
  }

  #dismiss() {
    const thread = this.#current?.thread;
    this.#current?.watchdog.stop();
    this.#current?.desk.close();
    this.#current = undefined;
    return thread;
  }

  #reload(): void {
    if (this.#reloading !== undefined || this.#state === "closed") return;
    this.#reloading = this.#loadAgain().finally(() => {
      this.#reloading = undefined;
    });
  }

  async #loadAgain(): Promise<void> {
    const events = new Relay();
    try {
      const loaded = await loadThread(this.#program, events, () => {});
      if (this.#state === "closed") await loaded.thread.end();
      else this.#use(loaded, events);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#ports.report({ event: "reload_failed", library: this.name, message });
      for (const job of this.#jobs.clear()) {
        job.reject(lost(`the library could not be loaded again: ${message}`));
      }
      this.#drained?.();
    }
  }
}

/** Keeps what is heard until it is known who listens. */
class Relay implements ThreadEvents {
  #listener: ThreadEvents | undefined;
  readonly #kept: ((listener: ThreadEvents) => void)[] = [];

  to(listener: ThreadEvents): void {
    this.#listener = listener;
    for (const tell of this.#kept.splice(0)) tell(listener);
  }

  heard(message: FromSandbox): void {
    this.#tell((listener) => listener.heard(message));
  }

  failed(reason: "time" | "crash", message: string): void {
    this.#tell((listener) => listener.failed(reason, message));
  }

  #tell(tell: (listener: ThreadEvents) => void): void {
    if (this.#listener === undefined) this.#kept.push(tell);
    else tell(this.#listener);
  }
}

function messageFor(job: number, task: Exclude<Task, { type: "fire" }>) {
  const { index } = task;
  if (task.type === "call") {
    const { db, mode } = task.how;
    return { type: "call", job, index, db, mode, args: task.args.map(ownCopy) } as const;
  }
  const { db, id, stream, fields } = task.record;
  const texts = [stream, ...fields.flat()].map(ownCopy);
  return { type: "record", job, index, db, id, texts } as const;
}

/** A window on a larger buffer would take all of that along. */
function ownCopy(bytes: Bytes): Uint8Array {
  return new Uint8Array(bytes);
}

function stopped(reason: Reason, message: string): LibraryFailure {
  const codes: Record<Reason, LibraryFailureCode> = {
    time: "time",
    memory: "memory",
    crash: "lost",
  };
  return new LibraryFailure(codes[reason], message);
}

function lost(message: string): LibraryFailure {
  return new LibraryFailure("lost", `lost with its worker: ${message}`);
}

function indexOf(entries: readonly { readonly name: string }[]): ReadonlyMap<string, number> {
  return new Map(entries.map(({ name }, index) => [name, index]));
}
