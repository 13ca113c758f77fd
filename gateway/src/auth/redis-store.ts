import { randomUUID } from "node:crypto";
import type { RevocationStore, Revoked } from "./revocation.js";

/** A sorted set of names by the moment they were revoked. */
const KEY = "{keywire}:revocations";
/** Another one with each revocation: a count would come back after a failover that loses the last ones. */
const VERSION_KEY = "{keywire}:revocations:version";
const CHANNEL = "{keywire}:revocations";
/** Revocations in one command. */
const CHUNK = 1_000;

/** The commands this takes of a Redis connection; ioredis' `Redis` and `Cluster` have them. */
export interface RevocationCommands {
  get(key: string): Promise<string | null>;
  zrangebyscore(key: string, min: number, max: string, withScores: "WITHSCORES"): Promise<string[]>;
  multi(commands: (string | number)[][]): {
    exec(): Promise<[error: Error | null, result: unknown][] | null>;
  };
}

/** A connection that is used for nothing else. */
export interface RevocationSubscriber {
  subscribe(channel: string): Promise<unknown>;
  on(event: "message", listener: (channel: string) => void): unknown;
  off(event: "message", listener: (channel: string) => void): unknown;
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

  async version(): Promise<string | undefined> {
    return (await this.#commands.get(VERSION_KEY)) ?? undefined;
  }

  async load(since: number): Promise<readonly Revoked[]> {
    const flat = await this.#commands.zrangebyscore(KEY, since, "+inf", "WITHSCORES");
    const found: Revoked[] = [];
    for (let at = 0; at + 1 < flat.length; at += 2) {
      found.push([flat[at] ?? "", Number(flat[at + 1])]);
    }
    return found;
  }

  async save([name, at]: Revoked, forgetBefore: number, most: number): Promise<void> {
    await this.#run([
      ["zadd", KEY, "GT", at, name],
      ["zremrangebyscore", KEY, "-inf", `(${forgetBefore}`],
      ["zremrangebyrank", KEY, 0, -1 - most],
      ["set", VERSION_KEY, randomUUID()],
      ["publish", CHANNEL, name],
    ]);
  }

  async restore(revoked: readonly Revoked[]): Promise<void> {
    const commands: (string | number)[][] = [];
    for (let from = 0; from < revoked.length; from += CHUNK) {
      const pairs = revoked.slice(from, from + CHUNK).flatMap(([name, at]) => [at, name]);
      commands.push(["zadd", KEY, "GT", ...pairs]);
    }
    await this.#run([...commands, ["set", VERSION_KEY, randomUUID()], ["publish", CHANNEL, ""]]);
  }

  async #run(commands: (string | number)[][]): Promise<void> {
    const results = await this.#commands.multi(commands).exec();
    if (results === null) throw new Error("Redis dropped the transaction");
    for (const [error] of results) if (error !== null) throw error;
  }

  async listen(heard: () => void): Promise<void> {
    const onMessage = (channel: string) => {
      if (channel === CHANNEL) heard();
    };
    this.#subscriber.on("message", onMessage);
    try {
      await this.#subscriber.subscribe(CHANNEL);
    } catch (error) {
      this.#subscriber.off("message", onMessage);
      throw error;
    }
  }

  close(): void {
    this.#subscriber.disconnect();
  }
}
