import type { LibraryFailure, Reply } from "../ports.js";
import { type PackedEvent, packEvents } from "../wire/packing.js";
import type { SharedMemory } from "../wire/shared-memory.js";
import { JobBook } from "./job-book.js";
import { messageFor, type Task } from "./task.js";
import type { SandboxThread } from "./thread.js";

/** Bytes of events that are handed over in one piece, roughly. */
const BATCH = 256 * 1_024;

/** What a library is to do: waits, is handed to its worker, and is settled as that one tells. */
export class Workload {
  readonly #jobs = new JobBook<Task>();

  get size(): number {
    return this.#jobs.size;
  }

  /** Whether the worker has some of it. */
  get isUnderWay(): boolean {
    return this.#jobs.handed > 0;
  }

  /** Whether some of it is still to be handed over. */
  get isWaiting(): boolean {
    return this.#jobs.size > this.#jobs.handed;
  }

  add<T>(task: Task): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#jobs.add({ task, resolve: resolve as (value: never) => void, reject });
    });
  }

  /** Hands over as much as the worker has room for, in its order. */
  handOver(thread: SandboxThread): void {
    let events: PackedEvent[] = [];
    let bytes = 0;
    const send = () => {
      if (events.length === 0) return;
      const packed = packEvents(events);
      thread.post({ type: "fire", count: events.length, events: packed }, [packed.buffer]);
      events = [];
      bytes = 0;
    };
    for (;;) {
      const handed = this.#jobs.hand(thread.memory);
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
      thread.post(messageFor(job, task));
    }
    send();
  }

  /** Jobs have ended, as the worker has noted. */
  ended(memory: SharedMemory): void {
    for (const job of this.#jobs.succeeded(memory)) job.resolve(undefined as never);
  }

  answered(job: number, reply: Reply): void {
    this.#jobs.take(job)?.resolve(reply as never);
  }

  failed(job: number, failure: LibraryFailure): void {
    this.#jobs.take(job)?.reject(failure);
  }

  /** The worker is gone: what it had begun fails, the rest waits for the next one. */
  recall(memory: SharedMemory, failureOf: (job: number) => LibraryFailure): void {
    for (const { number, job } of this.#jobs.recall(memory)) job.reject(failureOf(number));
  }

  /** All that waits fails. */
  refuse(failure: LibraryFailure): void {
    for (const job of this.#jobs.clear()) job.reject(failure);
  }
}
