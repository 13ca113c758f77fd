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
   * Sorted by their bytes; one more than the limit, or some, where there are more.
   *
   * @throws Error where a node could not be asked
   */
  async run(): Promise<{ readonly keys: readonly Buffer[]; readonly complete: boolean }> {
    const first = await this.#scan(await this.#store.layout("known")).catch(
      () => "changed" as const,
    );
    // What was known of the layout was old: with a new look nothing is known but what is.
    const end = first === "changed" ? await this.#scan(await this.#store.layout("fresh")) : first;
    const keys = [...this.#found.values()].sort(Buffer.compare);
    return { keys, complete: end === "complete" };
  }

  async #scan(layout: Layout): Promise<"complete" | "incomplete" | "changed"> {
    const { interruptions } = this.#store;
    const ends = await Promise.all(layout.primaries.map((node) => this.#scanNode(node)));
    if (ends.includes("budget")) return "incomplete";
    // A cursor means nothing to a server that was restarted.
    if (this.#store.interruptions !== interruptions) return "changed";
    if (layout.moves === "never") return "complete";
    // A key that moves from a node not yet scanned to one that was is found on neither.
    const now = await this.#store.layout("fresh");
    if (now.signature !== layout.signature) return "changed";
    return now.moves === "moving" ? "incomplete" : "complete";
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
