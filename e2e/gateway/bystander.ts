import type { Redis } from "ioredis";
import { type Gateway, waitFor } from "../support/index.js";
import { type Client, connect, missedBehind } from "./client.js";

/** Somebody on a prefix of their own whose keys are written all the while: what do they notice? */
export class Bystander {
  readonly #client: Client;
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #stop = new AbortController();
  readonly #writing: Promise<void>;
  #written = 0;

  private constructor(client: Client, redis: Redis, prefix: string) {
    this.#client = client;
    this.#redis = redis;
    this.#prefix = prefix;
    this.#writing = this.#write();
  }

  static async on(gateway: Gateway, redis: Redis, prefix: string): Promise<Bystander> {
    const client = await connect(gateway, { sub: "bystander" });
    await client.subscribe(`prefix:${prefix}`, { events: ["set"] });
    return new Bystander(client, redis, prefix);
  }

  /**
   * Ends the writing, and checks that every write was seen, once, in order, without a gap.
   *
   * @returns how many there were
   */
  async noticedNothing(): Promise<number> {
    this.#stop.abort();
    await this.#writing;
    const expected = Array.from({ length: this.#written }, (_, index) => this.#key(index));
    await waitFor(() => this.#client.keys.length >= expected.length, {
      what: `${expected.length} events`,
    });
    const keys = this.#client.keys;
    if (JSON.stringify(keys) !== JSON.stringify(expected)) {
      throw new Error(`the bystander saw ${keys.length} events for ${expected.length} writes`);
    }
    if (missedBehind(0, this.#client.of(`prefix:${this.#prefix}`)) > 0) throw new Error("a gap");
    if (this.#client.end !== undefined) throw new Error("the bystander was closed");
    return this.#written;
  }

  async #write(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#redis.set(this.#key(this.#written), "x", "PX", 60_000);
      this.#written += 1;
    }
  }

  #key(index: number): string {
    return `${this.#prefix}${index}`;
  }
}
