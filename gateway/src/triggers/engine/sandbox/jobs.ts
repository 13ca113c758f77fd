import { performance } from "node:perf_hooks";
import type { Reply } from "../ports.js";
import { ENDED } from "../wire/messages.js";
import { JOBS, type SharedMemory, Status, Word } from "../wire/shared-memory.js";
import type { Bridge } from "./bridge.js";
import type { Failure } from "./failures.js";
import type { JobEvents } from "./host-functions.js";

/** Jobs that may end before the main thread is told. */
const ENDED_AT_ONCE = 32;
/** ms between two looks for promises that are too old */
const AGE_LOOK = 200;

/** A job whose promise has not settled. */
interface Pending {
  readonly since: number;
  readonly lane: string | undefined;
}

export interface JobsPorts {
  /** @param description the prelude's, of what was thrown */
  failureOf(description: string): Failure;
  /** A job that waited for its promise is through with its lane. */
  left(lane: string): void;
  /** The library has had all its memory. */
  full(message: string): void;
}

/** How far each job is, and what came of it, as the main thread is told. */
export class Jobs implements JobEvents {
  readonly #bridge: Bridge;
  readonly #memory: SharedMemory;
  readonly #promiseAge: number;
  readonly #ports: JobsPorts;
  /** In the order in which they began to wait. */
  readonly #pending = new Map<number, Pending>();
  /** The one whose callback runs, and whether it has been answered already. */
  #running: { readonly job: number; isAnswered: boolean } | undefined;
  #ended = 0;

  /** @param promiseAge ms after which a promise counts as one that never settles */
  constructor(bridge: Bridge, memory: SharedMemory, promiseAge: number, ports: JobsPorts) {
    this.#bridge = bridge;
    this.#memory = memory;
    this.#promiseAge = promiseAge;
    this.#ports = ports;
    setInterval(() => this.#failOld(), AGE_LOOK);
  }

  begin(job: number): void {
    const { statuses, words } = this.#memory;
    this.#running = { job, isAnswered: false };
    Atomics.store(words, Word.Job, job);
    Atomics.store(statuses, job % JOBS, Status.Begun);
  }

  /** Nothing of its own has run: it can begin anew in another sandbox. */
  putBack(job: number): void {
    Atomics.store(this.#memory.statuses, job % JOBS, Status.Handed);
  }

  /** Its callback has returned, and nothing is left to wait for. */
  returned(job: number): void {
    if (this.#running?.isAnswered) this.#running = undefined;
    else this.#succeed(job);
  }

  /** Its callback has returned a promise. */
  wait(job: number, lane: string | undefined): void {
    this.#running = undefined;
    this.#pending.set(job, { since: performance.now(), lane });
  }

  /** Whether its promise has not settled. */
  isPending(job: number): boolean {
    return this.#pending.has(job);
  }

  fail(job: number, { code, message }: Failure): void {
    this.#bridge.post({ type: "failed", job, code, message });
    this.#end(job);
    if (code === "memory") this.#ports.full(message);
  }

  /** Tells what has ended since it was told last. */
  flush(): void {
    if (this.#ended === 0) return;
    this.#ended = 0;
    this.#bridge.post(ENDED);
  }

  // What the prelude tells

  settled(job: number): void {
    if (this.#pending.has(job)) this.#succeed(job);
  }

  failed(job: number, description: string): void {
    if (this.#pending.has(job)) this.fail(job, this.#ports.failureOf(description));
  }

  answered(job: number, reply: Reply): void {
    // One that has failed meanwhile has been told of: its number may be another's by now.
    if (!this.#pending.has(job) && this.#running?.job !== job) return;
    this.#bridge.post({ type: "answered", job, reply });
    if (this.#pending.has(job)) this.#end(job);
    else if (this.#running !== undefined) this.#running.isAnswered = true;
  }

  #succeed(job: number): void {
    this.#bridge.flush();
    Atomics.store(this.#memory.statuses, job % JOBS, Status.Succeeded);
    this.#end(job);
    this.#ended++;
    if (this.#ended >= ENDED_AT_ONCE) this.flush();
  }

  #end(job: number): void {
    if (this.#running?.job === job) this.#running = undefined;
    const pending = this.#pending.get(job);
    this.#pending.delete(job);
    if (pending?.lane !== undefined) this.#ports.left(pending.lane);
  }

  #failOld(): void {
    const oldest = performance.now() - this.#promiseAge;
    for (const [job, { since }] of this.#pending) {
      if (since > oldest) return;
      const message = `its promise did not settle within ${this.#promiseAge} ms, so it counts as one that never will`;
      this.fail(job, { code: "promise", message });
    }
  }
}
