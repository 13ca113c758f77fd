import { availableParallelism } from "node:os";

/** The longest that is spun, ms: a few times what it takes to wake a thread. */
const SPIN = 0.25;
/** Spins that come to nothing before it gives them up. */
const CREDIT = 8;
/** Waits between two tries after that. */
const PAUSE = 32;

/**
 * How long a wait is worth spinning for before the thread is put to sleep. A thread that sleeps has
 * to be woken, which takes as long as a Redis nearby takes to answer, so short waits are spun
 * through. Where replies come later as a rule, as Redis is far or the cores are busy, spinning would
 * only take a core from whoever is waited for; then it is tried now and then.
 */
export class Patience {
  readonly #isAlone: boolean;
  #credit = CREDIT;
  #pause = 0;

  /** @param cores on a single one, spinning only keeps whoever is waited for from running */
  constructor(cores = availableParallelism()) {
    this.#isAlone = cores === 1;
  }

  /** For the wait that begins, ms. */
  get spin(): number {
    if (this.#isAlone) return 0;
    if (this.#credit > 0 || this.#pause === 0) return SPIN;
    this.#pause--;
    return 0;
  }

  /** @param isAnswered whether the reply came while it was spun for */
  spun(isAnswered: boolean): void {
    if (isAnswered) {
      this.#credit = Math.min(CREDIT, this.#credit + 1);
    } else {
      this.#credit = Math.max(0, this.#credit - 1);
      this.#pause = PAUSE;
    }
  }
}
