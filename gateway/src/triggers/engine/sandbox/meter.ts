import { performance } from "node:perf_hooks";
import { Phase, type SharedMemory, Word } from "../wire/shared-memory.js";

/** How long past its time a callback may take to end: its promises' reactions, the error's text. */
const AFTERMATH = 50;

/**
 * The library's own running time, that of waiting for Redis not counted, and what the main thread
 * is shown of it.
 */
export class Meter {
  readonly #limit: number;
  readonly #memory: SharedMemory;
  #deadline = 0;
  #isOver = false;

  /** @param limit ms */
  constructor(limit: number, memory: SharedMemory) {
    this.#limit = limit;
    this.#memory = memory;
  }

  /** Nothing of the library's runs yet: takes what time it takes. */
  suspend(): void {
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /** Library code is about to be entered. */
  begin(): void {
    const { words } = this.#memory;
    this.#deadline = performance.now() + this.#limit;
    this.#isOver = false;
    Atomics.add(words, Word.Turn, 1);
    Atomics.store(words, Word.Phase, Phase.Running);
  }

  end(): void {
    Atomics.store(this.#memory.words, Word.Phase, Phase.Idle);
  }

  /** Runs what waits for Redis. */
  pause<T>(wait: () => T): T {
    const { words } = this.#memory;
    const from = performance.now();
    Atomics.store(words, Word.Phase, Phase.Waiting);
    try {
      return wait();
    } finally {
      Atomics.store(words, Word.Phase, Phase.Running);
      const waited = performance.now() - from;
      this.#deadline += waited;
      Atomics.add(words, Word.Waited, Math.round(waited * 1_000));
    }
  }

  /** Whether library code has to stop now. */
  readonly isDue = (): boolean => {
    if (performance.now() < this.#deadline) return false;
    this.#isOver = true;
    return true;
  };

  /** Whether this callback was stopped. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Gives a callback that was stopped a moment more, for what has to be done about it. */
  extend(): void {
    if (this.#isOver) this.#deadline = performance.now() + AFTERMATH;
  }

  get hasRunOut(): boolean {
    return performance.now() >= this.#deadline;
  }
}
