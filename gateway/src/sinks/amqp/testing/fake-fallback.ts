import type { Clock } from "@keywire/shared";
import { TIME_AT } from "../entry.js";
import {
  type Appended,
  type Drained,
  type DrainRequest,
  type FallbackLimit,
  type FallbackStore,
  NotTaken,
  type Standing,
} from "../ports.js";

/** What several gateways share. */
export class FakeRedis {
  waiting: Uint8Array[] = [];
  fetched: Uint8Array[] = [];
  moved = 0;
  holder: { readonly who: string; readonly until: number } | undefined;
  /** `full`: takes nothing new, and says so. */
  state: "up" | "away" | "full" = "up";
  /** Carries the next call out, but does not answer. */
  losesNextAnswer = false;
  readonly turns = new Map<string, { turn: number; result: Omit<Appended, keyof Standing> }>();
  readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get length(): number {
    return this.waiting.length + this.fetched.length;
  }
}

/** The fallback with the rules of its scripts, in memory. */
export class FakeFallback implements FallbackStore {
  readonly #redis: FakeRedis;
  readonly #who: string;

  constructor(redis: FakeRedis, who: string) {
    this.#redis = redis;
    this.#who = who;
  }

  look(): Promise<Standing> {
    return this.#call(() => ({}));
  }

  append(turn: number, entries: readonly Uint8Array[], limit: FallbackLimit): Promise<Appended> {
    return this.#call(() => {
      const noted = this.#redis.turns.get(this.#who);
      if (noted !== undefined && noted.turn >= turn) return noted.result;
      if (this.#redis.state === "full") throw new NotTaken("OOM command not allowed");
      const result = this.#append(entries, limit);
      this.#redis.turns.set(this.#who, { turn, result });
      return result;
    });
  }

  drain({ removeUpTo, knownUpTo, want }: DrainRequest): Promise<Drained> {
    const redis = this.#redis;
    return this.#call(() => {
      const now = redis.clock.now();
      if (redis.holder !== undefined && redis.holder.until <= now) redis.holder = undefined;
      const held = redis.holder;
      if (held !== undefined && held.who !== this.#who) {
        const none = { waiting: redis.waiting.length, first: 0, again: 0, entries: [] };
        return { isOurs: false, ...none };
      }
      redis.holder = { who: this.#who, until: now + 10_000 };
      const isNew = held === undefined || knownUpTo === undefined || knownUpTo > redis.moved;
      let front = redis.moved - redis.fetched.length;
      let first = front;
      if (!isNew) {
        redis.fetched.splice(0, Math.max(0, removeUpTo - front));
        front = redis.moved - redis.fetched.length;
        first = Math.max(knownUpTo ?? 0, front);
      }
      const known = redis.moved - first;
      const taken = redis.waiting.splice(0, Math.max(0, want - known));
      redis.fetched.push(...taken);
      redis.moved += taken.length;
      if (redis.length === 0) redis.holder = undefined;
      return {
        waiting: redis.waiting.length,
        isOurs: true,
        first,
        again: isNew ? known : 0,
        entries: redis.fetched.slice(first - front),
      };
    });
  }

  async release({ removeUpTo, keepUpTo }: { removeUpTo: number; keepUpTo: number }): Promise<void> {
    const redis = this.#redis;
    await this.#call(() => {
      if (redis.holder?.who !== this.#who) return {};
      const front = redis.moved - redis.fetched.length;
      const back = Math.max(0, Math.min(redis.moved - keepUpTo, redis.fetched.length));
      redis.waiting.unshift(...redis.fetched.splice(redis.fetched.length - back, back));
      redis.moved -= back;
      redis.fetched.splice(0, Math.max(0, removeUpTo - front));
      redis.holder = undefined;
      return {};
    });
  }

  async purge(): Promise<number> {
    const redis = this.#redis;
    const { purged } = await this.#call(() => {
      const purged = redis.length;
      redis.waiting = [];
      redis.fetched = [];
      return { purged };
    });
    return purged;
  }

  close(): void {}

  #append(entries: readonly Uint8Array[], { size, policy }: FallbackLimit) {
    const redis = this.#redis;
    const over = size === 0 ? 0 : Math.max(0, redis.length + entries.length - size);
    const added = [...entries];
    const dropped: Uint8Array[] = [];
    if (policy === "drop_newest") dropped.push(...added.splice(Math.max(0, added.length - over)));
    else {
      dropped.push(...redis.waiting.splice(0, over));
      if (redis.fetched.length < size) dropped.push(...added.splice(0, over - dropped.length));
    }
    redis.waiting.push(...added);
    const times = dropped.map((entry) => Buffer.from(entry).readDoubleBE(TIME_AT));
    const [from = 0, to = 0] = [times[0], times.at(-1)];
    return { accepted: added.length, dropped: dropped.length, from, to };
  }

  #call<T extends object>(work: () => T): Promise<T & Standing> {
    const redis = this.#redis;
    return new Promise((resolve, reject) => {
      redis.clock.after(1, () => {
        if (redis.state === "away") {
          reject(new Error("Redis is away"));
          return;
        }
        let result: T;
        try {
          result = work();
        } catch (error) {
          reject(error);
          return;
        }
        const standing = {
          length: redis.length,
          isDrained: redis.holder !== undefined && redis.holder.until > redis.clock.now(),
          lost: 0,
          returned: 0,
        };
        if (redis.losesNextAnswer) {
          redis.losesNextAnswer = false;
          reject(new Error("Redis did not answer"));
        } else redis.clock.after(1, () => resolve({ ...result, ...standing }));
      });
    });
  }
}
