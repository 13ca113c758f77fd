import type { Clock } from "@keywire/shared";
import { latin1 } from "../key-id.js";
import { type Layout, ReplyError, type Store } from "../ports.js";
import { array, bulk, bulks } from "../reading/shape.js";
import { ask } from "./asking.js";

/** Keys that Redis looks at in one SCAN: some hundred µs of its time. */
const SCAN_COUNT = "1000";
/** Bytes that the answer of one SCAN has, about. */
const SCAN_WEIGHT = 64 * 1_024;

export interface ScanBudget {
  /** SCANs on all nodes together. */
  readonly iterations: number;
  /** ms */
  readonly time: number;
}

export interface ScanRequest {
  readonly db: number;
  /** A Redis glob. */
  readonly glob: Uint8Array;
  /** Ends early when more keys than these were found. */
  readonly limit: number;
  readonly accepts: (key: Buffer) => boolean;
}

/** Looks for keys on all primaries at once, within a budget. */
export class KeyScan {
  readonly #store: Store;
  readonly #request: ScanRequest;
  readonly #deadline: number;
  readonly #clock: Clock;
  readonly #found = new Map<string, Buffer>();
  #iterations: number;

  constructor(store: Store, clock: Clock, request: ScanRequest, budget: ScanBudget) {
    this.#store = store;
    this.#clock = clock;
    this.#request = request;
    this.#iterations = budget.iterations;
    this.#deadline = clock.now() + budget.time;
  }

  /**
   * Sorted by their bytes; one more than the limit where there are more.
   *
   * @throws Error where a node could not be asked
   */
  async run(): Promise<{ readonly keys: readonly Buffer[]; readonly complete: boolean }> {
    const before = await this.#store.layout();
    const ends = await Promise.all(before.primaries.map((node) => this.#scanNode(node)));
    const complete = ends.every((end) => end === "end") && (await this.#isUnmoved(before));
    const keys = [...this.#found.values()].sort(Buffer.compare);
    return { keys, complete };
  }

  /** A key that moves from a node not yet scanned to one that was is found on neither. */
  async #isUnmoved(before: Layout): Promise<boolean> {
    if (before.primaries.length === 1) return true;
    const after = await this.#store.layout();
    return !before.moving && !after.moving && before.signature === after.signature;
  }

  async #scanNode(node: string): Promise<"end" | "budget"> {
    for (let cursor = "0"; this.#mayGoOn(); ) {
      this.#iterations--;
      cursor = await this.#scanOnce(node, cursor);
      if (cursor === "0") return "end";
    }
    return "budget";
  }

  #mayGoOn(): boolean {
    const isWithin = this.#iterations > 0 && this.#clock.now() < this.#deadline;
    return isWithin && this.#found.size <= this.#request.limit;
  }

  /** @returns the next cursor */
  async #scanOnce(node: string, cursor: string): Promise<string> {
    const { db, glob, accepts } = this.#request;
    const command = ["SCAN", cursor, "MATCH", glob, "COUNT", SCAN_COUNT];
    const question = { db, to: { node }, commands: [command], weight: SCAN_WEIGHT };
    const [reply] = await ask(this.#store, question);
    if (reply instanceof ReplyError) throw reply;
    const [next, keys] = array(reply);
    for (const key of bulks(keys)) if (accepts(key)) this.#found.set(latin1(key), Buffer.from(key));
    return bulk(next).toString("latin1");
  }
}
