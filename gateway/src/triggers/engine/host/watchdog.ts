import { Phase, type SharedMemory, Word } from "../wire/shared-memory.js";

/** ms between two looks */
const LOOK = 25;
/** What one look may count as, ms: a main thread that was busy saw nothing of the time between. */
const MOST_PER_LOOK = 2 * LOOK;

/**
 * Sees to it that a worker obeys. Library code that calls nothing that looks at the clock, such as a
 * search through a huge string, is not stopped from inside.
 */
export class Watchdog {
  readonly #memory: SharedMemory;
  readonly #limit: number;
  readonly #bite: () => void;
  #timer: NodeJS.Timeout | undefined;
  #turn = 0;
  #running = 0;
  #lookedAt = 0;
  /** What had been waited when it looked last, µs. */
  #waited = 0;

  /** @param limit ms of running in one turn, after which it bites */
  constructor(memory: SharedMemory, limit: number, bite: () => void) {
    this.#memory = memory;
    this.#limit = limit;
    this.#bite = bite;
  }

  /** Watches as long as something is under way. */
  watch(isBusy: boolean): void {
    if (!isBusy) this.stop();
    else if (this.#timer === undefined) {
      this.#lookedAt = performance.now();
      this.#timer = setInterval(() => this.#look(), LOOK);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const { words } = this.#memory;
    const now = performance.now();
    const turn = Atomics.load(words, Word.Turn);
    const waited = Atomics.load(words, Word.Waited);
    if (turn !== this.#turn) this.#running = 0;
    else if (Atomics.load(words, Word.Phase) === Phase.Running) {
      // Looks come just behind replies, when it is running, however short it runs between two waits.
      const since = now - this.#lookedAt - ((waited - this.#waited) | 0) / 1_000;
      this.#running += Math.min(Math.max(0, since), MOST_PER_LOOK);
    }
    this.#waited = waited;
    this.#turn = turn;
    this.#lookedAt = now;
    if (this.#running < this.#limit) return;
    this.stop();
    this.#bite();
  }
}
