/** `arrived`: the broker confirmed it; `lost`: its connection ended before that. */
export type Settled = "arrived" | "lost";

/**
 * Events that went into the fallback while they were under way to the broker, lest what was put
 * behind them overtakes them. Whoever comes to such an entry need not send it where it has arrived.
 */
export class Copies {
  readonly #states = new Map<string, "flying" | "arrived">();
  readonly #waiting = new Map<string, (state: Settled) => void>();

  stateOf(id: string): "flying" | "arrived" | undefined {
    return this.#states.get(id);
  }

  isCopied(id: string): boolean {
    return this.#states.has(id);
  }

  add(id: string, state: "flying" | "arrived"): void {
    this.#states.set(id, state);
  }

  /** To be called for one that is flying. */
  whenSettled(id: string, tell: (state: Settled) => void): void {
    this.#waiting.set(id, tell);
  }

  settled(id: string, state: Settled): void {
    if (state === "arrived") this.#states.set(id, "arrived");
    else this.#states.delete(id);
    const tell = this.#waiting.get(id);
    this.#waiting.delete(id);
    tell?.(state);
  }

  /** There is no copy of it after all. @returns whether it has arrived */
  forget(id: string): boolean {
    const state = this.#states.get(id);
    this.#states.delete(id);
    return state === "arrived";
  }

  /** The fallback is empty: what had arrived is of no use any more. */
  clear(): void {
    for (const [id, state] of this.#states) if (state === "arrived") this.#states.delete(id);
  }
}
