import { isDeepStrictEqual } from "node:util";
import { type EnginePorts, LibraryFailure, type LibraryFailureCode } from "../ports.js";
import { ASKED, ENDED, type FromSandbox, type Registered } from "../wire/messages.js";
import { Word } from "../wire/shared-memory.js";
import { CommandDesk } from "./command-desk.js";
import { type LoadedThread, loadThread } from "./loading.js";
import { Relay } from "./relay.js";
import type { Task } from "./task.js";
import type { Program, SandboxThread } from "./thread.js";
import { Workload } from "./workload.js";

type Reason = "time" | "memory" | "crash";

interface Current extends LoadedThread {
  readonly desk: CommandDesk;
}

/** The worker that a library is loaded in; another one takes over where it fails. */
export class ReplaceableWorker {
  /** As it was when the library was loaded first. */
  readonly registered: Registered;
  readonly #program: Program;
  readonly #ports: EnginePorts;
  readonly #work = new Workload();
  /** Undefined while there is no thread. */
  #current: Current | undefined;
  #state: "open" | "closing" | "closed" = "open";
  #reloading: Promise<void> | undefined;
  #replacements = 0;
  #isDue = false;
  #drained: (() => void) | undefined;

  /**
   * @param compiled called before any of the library runs; what it throws fails the loading
   * @throws LibraryError
   */
  static async open(
    program: Program,
    ports: EnginePorts,
    compiled: () => void,
  ): Promise<ReplaceableWorker> {
    const events = new Relay();
    const loaded = await loadThread(program, events, compiled);
    const worker = new ReplaceableWorker(program, ports, loaded.registered);
    worker.#use(loaded, events);
    return worker;
  }

  private constructor(program: Program, ports: EnginePorts, registered: Registered) {
    this.#program = program;
    this.#ports = ports;
    this.registered = registered;
  }

  get pendingJobs(): number {
    return this.#work.size;
  }

  get pendingAsyncCalls(): number {
    return this.#current?.desk.underWay ?? 0;
  }

  get replacements(): number {
    return this.#replacements;
  }

  /** @throws LibraryFailure once it failed, was stopped, or was lost with its thread */
  do<T>(task: Task): Promise<T> {
    if (this.#state !== "open") {
      const message = `the library ${this.#program.name} is closed`;
      return Promise.reject(new LibraryFailure("closed", message));
    }
    const done = this.#work.add<T>(task);
    this.#soon();
    return done;
  }

  /** Lets what runs end within the running time's limit, fails the rest. */
  async close(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "closing";
    if (this.#work.size > 0) await this.#drain();
    this.#state = "closed";
    const thread = this.#dismiss();
    const failure = new LibraryFailure("closed", `the library ${this.#program.name} was closed`);
    if (thread !== undefined) {
      // What was done and not told yet is not to be done by others once more.
      this.#work.ended(thread.memory);
      this.#work.recall(thread.memory, () => failure);
    }
    this.#work.refuse(failure);
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
    this.#work.handOver(current.thread);
    current.watchdog.watch(this.#work.isUnderWay);
  }

  // Hearing

  #heard(current: Current, message: FromSandbox): void {
    if (message === ASKED) {
      current.desk.asked();
      return;
    }
    if (message === ENDED) {
      this.#work.ended(current.thread.memory);
      this.#goOn(current);
      return;
    }
    switch (message.type) {
      case "asked":
        current.desk.asked(message.request);
        break;
      case "sent":
        current.desk.sent(message.requests);
        break;
      case "route":
        current.desk.route(message.kind);
        break;
      case "locate":
        current.desk.locate(message.call, message.key);
        break;
      case "answered":
        this.#work.answered(message.job, message.reply);
        this.#goOn(current);
        break;
      case "failed":
        this.#work.failed(message.job, new LibraryFailure(message.code, message.message));
        this.#goOn(current);
        break;
      case "log":
        this.#ports.report({ event: "log", library: this.#program.name, message: message.message });
        break;
      case "log_dropped":
        this.#ports.report({
          event: "log_dropped",
          library: this.#program.name,
          lines: message.lines,
        });
        break;
      case "spoilt":
        this.#replace(current, message.reason, message.message);
        break;
    }
  }

  #goOn(current: Current): void {
    current.watchdog.watch(this.#work.isUnderWay);
    if (this.#work.isWaiting) this.#soon();
    if (this.#work.size === 0) this.#drained?.();
  }

  // Replacing

  #use({ thread, watchdog, registered }: LoadedThread, events: Relay): void {
    const { name, limits } = this.#program;
    const desk = new CommandDesk(
      this.#ports,
      thread.memory,
      thread.bulk,
      (message, transfer) => thread.post(message, transfer),
      limits,
    );
    desk.origins = originsOf(name, registered);
    const current: Current = { thread, watchdog, registered, desk };
    this.#current = current;
    events.to({
      heard: (message) => this.#heard(current, message),
      failed: (reason, message) => this.#replace(current, reason, message),
    });
    if (this.#work.size > 0) this.#soon();
  }

  #replace(current: Current, reason: Reason, message: string): void {
    if (this.#current !== current) return;
    const { memory } = current.thread;
    this.#work.ended(memory);
    const running = Atomics.load(memory.words, Word.Job);
    this.#work.recall(memory, (job) =>
      job === running ? stopped(reason, message) : lost(message),
    );
    this.#dismiss();
    void current.thread.end();
    this.#replacements++;
    this.#ports.report({ event: "replaced", library: this.#program.name, reason, message });
    if (this.#work.size === 0) this.#drained?.();
    this.#reload();
  }

  #dismiss(): SandboxThread | undefined {
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
      // Callbacks are known by their places: others would run in theirs.
      const isSame = isDeepStrictEqual(loaded.registered, this.registered);
      if (isSame && this.#state !== "closed") this.#use(loaded, events);
      else await loaded.thread.end();
      if (!isSame) throw new Error("it registers something else than it did at first");
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#ports.report({ event: "reload_failed", library: this.#program.name, message });
      this.#work.refuse(lost(`the library could not be loaded again: ${message}`));
      this.#drained?.();
    }
  }
}

/** Who sends commands, by the consumers' numbers. */
function originsOf(library: string, registered: Registered): string[] {
  const { triggers, functions, clusterFunctions, streamTriggers } = registered;
  return [
    ...triggers.map(({ name }) => name),
    ...functions.map(({ name }) => name),
    ...clusterFunctions,
    ...streamTriggers.map(({ name }) => name),
  ].map((consumer) => `trigger:${library}.${consumer}`);
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
