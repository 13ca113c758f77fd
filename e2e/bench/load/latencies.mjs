/** ms of one step, and steps: beyond the last one all count as that. */
const STEP = 0.05;
const STEPS = 600_000;

/** How long deliveries took, in steps small enough to tell them apart and few enough to be kept. */
export class Latencies {
  #counts = new Uint32Array(STEPS);
  #total = 0;

  /**
   * @param {number} ms
   * @param {number} count deliveries that took as long
   */
  add(ms, count) {
    const step = Math.min(Math.max(0, Math.floor(ms / STEP)), STEPS - 1);
    this.#counts[step] = Number(this.#counts[step]) + count;
    this.#total += count;
  }

  /**
   * @param {number} share such as 0.99
   * @returns {number} ms
   */
  quantile(share) {
    const rank = Math.ceil(this.#total * share);
    let seen = 0;
    for (let step = 0; step < STEPS; step++) {
      seen += Number(this.#counts[step]);
      if (seen >= rank && seen > 0) return (step + 1) * STEP;
    }
    return 0;
  }

  reset() {
    this.#counts.fill(0);
    this.#total = 0;
  }
}
