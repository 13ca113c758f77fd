import { setTimeout as pause } from "node:timers/promises";
import { GROUPS, lastingKeys, passingKey } from "../clients/keys.js";
import type { Random } from "../random.js";
import { ClusterWriter, type Deployment } from "./cluster-writer.js";
import { Ledger } from "./ledger.js";
import { DELETE, ROUND, SET_WITH_TTL } from "./operations.js";

/**
 * ms between two writes of one lasting key, at least. A round then takes more than twice as long as
 * anything may come late, so that the same event of two rounds is told apart.
 */
const LASTING_PAUSE = 1_200;
/** ms, on top, at random */
const LASTING_SPREAD = 400;
/** Writers of passing keys, and ms between two writes of one, at most. */
const PASSING_WRITERS = 6;
const PASSING_PAUSE = 200;

/** ms that the last writes may take */
const LAST_WRITE_TIMEOUT = 10_000;

/** The load: one writer for each lasting key, so that its writes have an order, and some others. */
export class Writers {
  readonly ledger = new Ledger();
  readonly #writer: ClusterWriter;
  readonly #random: Random;
  #state: "writing" | "stopped" = "writing";
  #running: Promise<unknown> = Promise.resolve();
  #passing = 0;

  constructor(deployment: Deployment, random: Random) {
    this.#writer = new ClusterWriter(deployment, this.ledger);
    this.#random = random;
  }

  start(): void {
    const lasting = lastingKeys().map((key) => this.#writeLasting(key, this.#random.fork()));
    const passing = Array.from({ length: PASSING_WRITERS }, () =>
      this.#writePassing(this.#random.fork()),
    );
    this.#running = Promise.all([...lasting, ...passing]);
  }

  /** Resolves when the last write has ended; one that nobody takes is given up. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    const givingUp = setTimeout(() => this.#writer.close(), LAST_WRITE_TIMEOUT);
    await this.#running;
    clearTimeout(givingUp);
    this.#writer.close();
  }

  async #writeLasting(key: string, random: Random): Promise<void> {
    await pause(random.integer(0, LASTING_PAUSE));
    while (this.#isWriting()) {
      for (const operation of ROUND) {
        if (!this.#isWriting()) return;
        await this.#writer.write(operation, key);
        await pause(LASTING_PAUSE + random.integer(0, LASTING_SPREAD));
      }
    }
  }

  async #writePassing(random: Random): Promise<void> {
    while (this.#isWriting()) {
      const key = passingKey(random.integer(0, GROUPS - 1), this.#passing++);
      const [created] = await this.#writer.write(SET_WITH_TTL, key);
      await pause(random.integer(0, PASSING_PAUSE));
      const deleted = await this.#writer.write(DELETE, key);
      const isUndone = created?.outcome === "raised" && deleted.length === 0;
      if (isUndone && this.#isWriting()) this.ledger.undone(created);
      await pause(random.integer(0, PASSING_PAUSE));
    }
  }

  #isWriting(): boolean {
    return this.#state === "writing";
  }
}
