/** What a node in doubt may tell before its word is taken after all: it is a moment's worth. */
const MAX_HELD = 100_000;

interface Doubt {
  readonly since: number;
  readonly held: (() => void)[];
}

/**
 * Nodes that may have been demoted. A demoted node goes on telling: what its new primary does, in
 * the words of replication (`del` for `expired`, `set` for `incrbyfloat`). So what a node tells from
 * the first sign on waits until somebody has looked, and is then told, or not at all.
 */
export class Doubts {
  readonly #doubts = new Map<string, Doubt>();

  /** There is a sign: what the node tells from here on waits. */
  raise(node: string, now: number): void {
    if (!this.#doubts.has(node)) this.#doubts.set(node, { since: now, held: [] });
  }

  /** Tells now, later, or never. */
  pass(node: string, tell: () => void): void {
    const doubt = this.#doubts.size === 0 ? undefined : this.#doubts.get(node);
    if (doubt === undefined) {
      tell();
      return;
    }
    doubt.held.push(tell);
    if (doubt.held.length > MAX_HELD) this.#clear(node, doubt);
  }

  /**
   * Somebody has looked.
   *
   * @param asOf when the look began: it says nothing of doubts that came later
   * @param roleOf what was found; `unknown` where the node did not say it itself, since others may
   *   hold it for a primary long after it knows better
   */
  settle(asOf: number, roleOf: (node: string) => "primary" | "other" | "unknown"): void {
    for (const [node, doubt] of this.#doubts) {
      if (doubt.since > asOf) continue;
      const role = roleOf(node);
      if (role === "primary") this.#clear(node, doubt);
      else if (role === "other") this.#doubts.delete(node);
    }
  }

  /** Since when what the node tells waits, ms since the Unix epoch; infinite where it does not. */
  since(node: string): number {
    return this.#doubts.get(node)?.since ?? Number.POSITIVE_INFINITY;
  }

  /**
   * The node is not listened to any more: that is a gap, which all that waits is in.
   *
   * @returns since when what it told was not passed on, ms since the Unix epoch
   */
  forget(node: string): number {
    const since = this.since(node);
    this.#doubts.delete(node);
    return since;
  }

  #clear(node: string, { held }: Doubt): void {
    this.#doubts.delete(node);
    for (const tell of held) tell();
  }
}
