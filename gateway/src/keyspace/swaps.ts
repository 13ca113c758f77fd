import type { Clock } from "@keywire/shared";
import { isRefusal, type NotifyingNode } from "./notify.js";

/**
 * Finds out that databases of a node were swapped, or that it was another one's replica for a moment, from
 * which it may have all its keys. Neither raises an event, and client-side caching, which tells of flushes,
 * tells nothing of it: what is left is the node's own count of its commands.
 */
export class Swaps {
  readonly #node: Pick<NotifyingNode, "address" | "control">;
  readonly #clock: Clock;
  #count: number | undefined;
  /** When the count was asked for, ms since the Unix epoch. */
  #asOf = 0;
  #refusal: Error | undefined;

  constructor(node: Pick<NotifyingNode, "address" | "control">, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
  }

  /** That the node does not let its commands be counted. */
  get refusal(): Error | undefined {
    return this.#refusal;
  }

  /**
   * Looks once more.
   *
   * @returns since when databases may have been swapped, ms since the Unix epoch; undefined where they were
   *   not, or nobody looked before
   * @throws Error where the connection failed
   */
  async look(): Promise<number | undefined> {
    const asked = this.#clock.now();
    const count = await this.#ask();
    if (count === undefined) return undefined;
    const [before, since] = [this.#count, this.#asOf];
    this.#count = count;
    this.#asOf = asked;
    // A count that fell was reset, and hides what was counted before.
    return before === undefined || before === count ? undefined : since;
  }

  async #ask(): Promise<number | undefined> {
    const { address, control } = this.#node;
    try {
      const stats = await control.info("commandstats");
      this.#refusal = undefined;
      return swapsIn(stats);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const what = `${address} refuses INFO, so a SWAPDB cannot be told`;
      this.#refusal = new Error(`${what}: ${error.message}`);
      return undefined;
    }
  }
}

function swapsIn(commandStats: string): number {
  const counts = commandStats.matchAll(
    /^cmdstat_(?:swapdb|replicaof|slaveof|failover):calls=(\d+)/gm,
  );
  return [...counts].reduce((sum, [, calls]) => sum + Number(calls), 0);
}
