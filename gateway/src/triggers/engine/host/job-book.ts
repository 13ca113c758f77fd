import { JOBS, type SharedMemory, Status } from "../wire/shared-memory.js";

/** Half of it all, so that neither side waits for the other. */
const NUMBERS = 2 ** 31;

/** Something for a library to do; it is settled once. */
export interface Job<T> {
  readonly task: T;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** Which jobs wait, and which are with the worker. */
export class JobBook<T> {
  #waiting: Job<T>[] = [];
  #next = 0;
  readonly #handed = new Map<number, Job<T>>();
  readonly #free = Array.from({ length: JOBS }, (_, slot) => slot);
  #round = 0;

  get size(): number {
    return this.#waiting.length - this.#next + this.#handed.size;
  }

  get handed(): number {
    return this.#handed.size;
  }

  add(job: Job<T>): void {
    this.#waiting.push(job);
  }

  /** The next job, with the number that it has from now on; undefined while there is no room. */
  hand(memory: SharedMemory): { readonly number: number; readonly task: T } | undefined {
    const job = this.#waiting[this.#next];
    if (job === undefined) return undefined;
    const slot = this.#free.pop();
    if (slot === undefined) return undefined;
    this.#advance();
    // A number comes again only after a long time: late news of a job is never about another one.
    this.#round = (this.#round + JOBS) % NUMBERS;
    const number = this.#round + slot;
    Atomics.store(memory.statuses, slot, Status.Handed);
    this.#handed.set(number, job);
    return { number, task: job.task };
  }

  /** Takes a job out: it has ended. */
  take(number: number): Job<T> | undefined {
    const job = this.#handed.get(number);
    if (job === undefined) return undefined;
    this.#handed.delete(number);
    this.#free.push(number % JOBS);
    return job;
  }

  /** The jobs that succeeded, as the worker has noted; they are taken out. */
  succeeded({ statuses }: SharedMemory): Job<T>[] {
    const jobs: Job<T>[] = [];
    for (const [number, job] of this.#handed) {
      if (statuses[number % JOBS] !== Status.Succeeded) continue;
      this.take(number);
      jobs.push(job);
    }
    return jobs;
  }

  /** The worker is gone: those that it had begun are given, the others wait again, in front. */
  recall({ statuses }: SharedMemory): { readonly number: number; readonly job: Job<T> }[] {
    const begun: { number: number; job: Job<T> }[] = [];
    const back: Job<T>[] = [];
    for (const [number, job] of this.#handed) {
      this.take(number);
      if (statuses[number % JOBS] === Status.Handed) back.push(job);
      else begun.push({ number, job });
    }
    this.#waiting = [...back, ...this.#waiting.slice(this.#next)];
    this.#next = 0;
    return begun;
  }

  /** All that wait, taken out. */
  clear(): Job<T>[] {
    const jobs = this.#waiting.slice(this.#next);
    this.#waiting = [];
    this.#next = 0;
    return jobs;
  }

  #advance(): void {
    this.#next++;
    if (this.#next < this.#waiting.length) {
      if (this.#next < JOBS || this.#next * 2 < this.#waiting.length) return;
      this.#waiting = this.#waiting.slice(this.#next);
    } else {
      this.#waiting = [];
    }
    this.#next = 0;
  }
}
