/**
 * The order of one trigger's events of one key: the next callback begins when the one before has
 * ended. A lane is there only while a callback is under way in it.
 */
export class Lanes<T> {
  readonly #lanes = new Map<string, T[]>();

  get isEmpty(): boolean {
    return this.#lanes.size === 0;
  }

  has(lane: string): boolean {
    return this.#lanes.has(lane);
  }

  /** @returns whether it waits; else it may begin */
  join(lane: string, item: T): boolean {
    const waiting = this.#lanes.get(lane);
    if (waiting === undefined) return false;
    waiting.push(item);
    return true;
  }

  /** A callback is under way. */
  occupy(lane: string): void {
    if (!this.#lanes.has(lane)) this.#lanes.set(lane, []);
  }

  /** It has ended; what waits next may begin. */
  leave(lane: string): T | undefined {
    const waiting = this.#lanes.get(lane);
    const next = waiting?.shift();
    if (next === undefined) this.#lanes.delete(lane);
    return next;
  }
}
