import type { Cluster, Redis } from "ioredis";

export interface OrderState {
  /** What its key holds: for how many seconds it was to be held. */
  readonly value: string;
  /** ms until it is released; null where it is paid, and stays. */
  readonly ttl: number | null;
}

/** Times to look again where an order was released between two commands. */
const ATTEMPTS = 3;

/** Orders of the demo, one key each: held for a while and then released, by the key's own expiry. */
export class Orders {
  readonly #redis: Redis | Cluster;

  constructor(redis: Redis | Cluster) {
    this.#redis = redis;
  }

  /** Holds an order for so many seconds, unless there is one of that id; answers what there is then. */
  async place(id: string, hold: number): Promise<OrderState & { readonly isNew: boolean }> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const set = await this.#redis.set(keyOf(id), hold, "EX", hold, "NX");
      const state = await this.find(id);
      if (state !== undefined) return { ...state, isNew: set !== null };
    }
    throw new Error(`order ${id} came and went each time it was looked at`);
  }

  async find(id: string): Promise<OrderState | undefined> {
    const replies = await this.#redis.multi().get(keyOf(id)).pttl(keyOf(id)).exec();
    const [value, ttl] = (replies ?? []).map(([error, reply]) => {
      if (error !== null) throw error;
      return reply;
    });
    if (typeof value !== "string" || typeof ttl !== "number") return undefined;
    return { value, ttl: ttl < 0 ? null : ttl };
  }

  /** Keeps an order for good; undefined where there is none. */
  async pay(id: string): Promise<OrderState | undefined> {
    await this.#redis.persist(keyOf(id));
    return this.find(id);
  }
}

function keyOf(id: string): string {
  return `checkout:${id}`;
}
