import { performance } from "node:perf_hooks";
import type { Clock } from "@keywire/shared";
import { lineId, ofThese } from "../../../commands/lines.js";
import { addressOf, type Credentials, type Endpoint } from "../../../commands/ports.js";
import { DirectLine } from "./direct-line.js";

/** Connections of one worker, each to one node and one of its databases. */
const MAX_LINES = 64;
/** How long one is kept that nobody uses, ms. */
const IDLE = 60_000;
/** ms between two looks for such */
const LOOK = 10_000;
/** ms before a connection is tried again that was lost, or could not be had */
const PAUSE = 1_000;

/** A worker's connections: opened where one is wanted, closed where nobody wants it any more. */
export class DirectLines {
  readonly #clock: Clock;
  readonly #lines = new Map<string, DirectLine>();
  /** By address, or address and database: until when it is not asked, ms of the monotonic clock. */
  readonly #avoided = new Map<string, number>();
  #isLooking = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns undefined where it is not open yet, or the node is not to be asked for a while */
  to(node: Endpoint, db: number, credentials: Credentials): DirectLine | undefined {
    const id = lineId(node, db);
    if (this.#isAvoided(addressOf(node)) || this.#isAvoided(id)) return undefined;
    const line = this.#lines.get(id) ?? this.#open(id, node, db, credentials);
    return line.isOpen ? line : undefined;
  }

  /** Does not ask a node for so many ms. */
  avoid(node: Endpoint, ms: number): void {
    this.#avoid(addressOf(node), ms);
  }

  #avoid(id: string, ms: number): void {
    this.#avoided.set(id, performance.now() + ms);
  }

  #isAvoided(id: string): boolean {
    const until = this.#avoided.get(id);
    if (until === undefined) return false;
    if (performance.now() < until) return true;
    this.#avoided.delete(id);
    return false;
  }

  /** Closes the connections to all others. */
  keep(nodes: readonly Endpoint[]): void {
    const isKept = ofThese(nodes);
    for (const id of [...this.#lines.keys()]) if (!isKept(id)) this.#close(id);
    for (const id of [...this.#avoided.keys()]) if (!isKept(id)) this.#avoided.delete(id);
  }

  #open(id: string, node: Endpoint, db: number, credentials: Credentials): DirectLine {
    if (this.#lines.size >= MAX_LINES) this.#close(this.#stalest());
    const line = new DirectLine(node, db, credentials, this.#clock, () => {
      if (this.#lines.get(id) !== line) return;
      this.#lines.delete(id);
      this.#avoid(id, PAUSE);
    });
    this.#lines.set(id, line);
    this.#lookLater();
    return line;
  }

  #stalest(): string {
    const [stalest = ""] = [...this.#lines].sort(([, a], [, b]) => a.usedAt - b.usedAt)[0] ?? [];
    return stalest;
  }

  #lookLater(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#clock.after(LOOK, () => {
      this.#isLooking = false;
      const oldest = performance.now() - IDLE;
      for (const [id, { usedAt }] of [...this.#lines]) if (usedAt < oldest) this.#close(id);
      if (this.#lines.size > 0) this.#lookLater();
    });
  }

  /** It is not lost by that. */
  #close(id: string): void {
    const line = this.#lines.get(id);
    this.#lines.delete(id);
    line?.close();
  }
}
