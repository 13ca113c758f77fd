import { type Bench, event, load } from "./bench.js";

/** ms between two of its events */
const PACE = 5;

/** Another library, whose events come steadily, and what became of them. */
export class Bystander {
  readonly #bench: Bench;
  #timer: NodeJS.Timeout | undefined;
  #fired = 0;
  #done = 0;
  #failed = 0;
  #last = performance.now();
  #worst = 0;

  static async start(): Promise<Bystander> {
    const bench = await load(
      'let n = 0; redis.registerKeySpaceTrigger("t", "", (c) => { c.call("incr", "n"); n++; });',
      { name: "bystander", answers: () => ":1\r\n" },
    );
    return new Bystander(bench);
  }

  private constructor(bench: Bench) {
    this.#bench = bench;
    this.#timer = setInterval(() => this.#fire(), PACE);
    this.#fire();
  }

  /** Stops it when all its events have ended; the longest time in which none did, ms. */
  async stop(): Promise<{
    readonly done: number;
    readonly failed: number;
    readonly worst: number;
  }> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    while (this.#done + this.#failed < this.#fired) {
      await new Promise((resolve) => setTimeout(resolve, PACE));
    }
    await this.#bench.library.close();
    return { done: this.#done, failed: this.#failed, worst: this.#worst };
  }

  #fire(): void {
    this.#fired++;
    this.#bench.library.fire("t", event(`key:${this.#fired}`)).then(
      () => {
        const now = performance.now();
        this.#worst = Math.max(this.#worst, now - this.#last);
        this.#last = now;
        this.#done++;
      },
      () => {
        this.#failed++;
      },
    );
  }
}
