import type { RevocationStore } from "./revocation.js";

/** A sorted set of names by the moment they were revoked. */
const KEY = "{keywire}:revocations";
const CHANNEL = "{keywire}:revocations";

/** The commands this takes of a Redis connection; ioredis' own has them. */
export interface RevocationCommands {
  zrangebyscore(key: string, min: number, max: string, withScores: "WITHSCORES"): Promise<string[]>;
  zadd(key: string, greater: "GT", score: number, member: string): Promise<unknown>;
  zremrangebyscore(key: string, min: string, max: number): Promise<unknown>;
  publish(channel: string, message: string): Promise<unknown>;
}

export interface RevocationSubscriber {
  subscribe(channel: string): Promise<unknown>;
  on(event: "message", listener: (channel: string) => void): unknown;
  disconnect(): void;
}

/** Revocations in Redis, where all gateways see them. */
export class RedisRevocationStore implements RevocationStore {
  readonly #commands: RevocationCommands;
  readonly #subscriber: RevocationSubscriber;

  constructor(commands: RevocationCommands, subscriber: RevocationSubscriber) {
    this.#commands = commands;
    this.#subscriber = subscriber;
  }

  async load(since: number): Promise<readonly (readonly [string, number])[]> {
    const flat = await this.#commands.zrangebyscore(KEY, since, "+inf", "WITHSCORES");
    const found: (readonly [string, number])[] = [];
    for (let at = 0; at + 1 < flat.length; at += 2)
      found.push([flat[at] ?? "", Number(flat[at + 1])]);
    return found;
  }

  async save(name: string, at: number, forgetBefore: number): Promise<void> {
    await this.#commands.zadd(KEY, "GT", at, name);
    await this.#commands.zremrangebyscore(KEY, "-inf", forgetBefore);
    await this.#commands.publish(CHANNEL, name);
  }

  async listen(heard: () => void): Promise<void> {
    this.#subscriber.on("message", (channel) => {
      if (channel === CHANNEL) heard();
    });
    await this.#subscriber.subscribe(CHANNEL);
  }

  async close(): Promise<void> {
    this.#subscriber.disconnect();
  }
}
