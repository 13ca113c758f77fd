import type { Redis } from "ioredis";
import { Cluster } from "ioredis";
import { hold } from "../support/index.js";

/** What a writer needs of a connection. */
type Writable = Pick<Redis | Cluster, "set">;

/** Keys of one tag are in one slot: their events are to arrive in the order of their writes. */
export function keyOf(tag: number, number: number): string {
  return `order:{t${tag}}:${number}`;
}

/** Writes numbered keys of several tags, and keeps how many of each were acknowledged. */
export class Ledger {
  readonly written: number[];
  readonly #client: Writable;
  #state: "idle" | "running" | "stopped" = "idle";
  #running: Promise<void> = Promise.resolve();

  constructor(client: Writable, tags = 20) {
    this.#client = client;
    this.written = Array.from({ length: tags }, () => 0);
  }

  get total(): number {
    return this.written.reduce((sum, count) => sum + count, 0);
  }

  /** So many of each tag, at once. */
  async write(count: number): Promise<void> {
    const all = [...this.written.keys()];
    for (let turn = 0; turn < count; turn++) await Promise.all(all.map((tag) => this.#one(tag)));
  }

  /** Goes on until `stop`, so many a second, roughly. */
  start(perSecond: number): void {
    this.#state = "running";
    this.#running = this.#run(perSecond);
    hold(() => this.stop());
  }

  async stop(): Promise<void> {
    this.#state = "stopped";
    await this.#running;
  }

  async #run(perSecond: number): Promise<void> {
    const began = Date.now();
    let done = 0;
    while (this.#isRunning()) {
      const due = ((Date.now() - began) * perSecond) / 1_000;
      for (; done < due && this.#isRunning(); done += this.written.length) {
        await Promise.all([...this.written.keys()].map((tag) => this.#one(tag)));
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** A write is tried again until it is acknowledged: what happened twice is one key all the same. */
  async #one(tag: number): Promise<void> {
    const number = this.written[tag] ?? 0;
    for (;;) {
      try {
        await this.#client.set(keyOf(tag, number), "1");
        this.written[tag] = number + 1;
        return;
      } catch (error) {
        if (this.#state === "stopped") throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  #isRunning(): boolean {
    return this.#state === "running";
  }
}

export function clusterClient(url: string): Cluster {
  const nodes = url.replace(/^[^:]+:\/\//, "").split(",");
  const client = new Cluster(nodes, { redisOptions: { maxRetriesPerRequest: 1 } });
  client.on("error", () => {});
  hold(() => client.disconnect());
  return client;
}
