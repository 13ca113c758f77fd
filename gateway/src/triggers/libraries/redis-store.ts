import type { LifeAddress, PageAddress, PageStore } from "../statistics/ledger.js";
import { COMMON } from "../statistics/ledger.js";
import type { ProgressStore } from "../streams/progress-store.js";
import type { Follower, Kept, LibraryStore } from "./store.js";

/** Library by name, as JSON. All keys of the gateways' own share one hash slot. */
const SOURCES = "{keywire}:libraries";
/** Revision by name. */
const REVISIONS = "{keywire}:libraries:revisions";
const VERSION = "{keywire}:libraries:version";
/** By gateway: when it gave a sign last, ms since the Unix epoch by Redis' clock, and the version that it follows. */
const FOLLOWERS = "{keywire}:libraries:followers";
const CHANNEL = "{keywire}:libraries";

const pagesOf = (life: string) => `{keywire}:statistics:${life}`;
/** Where the streams of a library's life are read on from. */
const streamsOf = (life: string) => `{keywire}:streams:${life}`;

const SAVE = `
local held = redis.call('HGET', KEYS[2], ARGV[1]) or ''
if held ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('SET', KEYS[3], ARGV[3])
redis.call('PUBLISH', ARGV[5], ARGV[1])
return 1`;

const REMOVE = `
local held = redis.call('HGET', KEYS[2], ARGV[1]) or ''
if held ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[4], KEYS[5])
redis.call('SET', KEYS[3], ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[1])
return 1`;

/**
 * A write that takes no memory, lest a full Redis refuses those behind it: what is written is small, and
 * all that is done waits here to be known as done.
 */
const INSIST = "redis.call('HDEL', KEYS[2], '-')";

/** A revision begins with the life it belongs to. */
const WRITE_PAGE = `
local held = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if string.sub(held, 1, #ARGV[2] + 1) ~= ARGV[2] .. '.' then return 'gone' end
if ARGV[5] ~= '1' and redis.call('HEXISTS', KEYS[2], ARGV[3]) == 0 then return 'folded' end
${INSIST}
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
return 'written'`;

const WRITE_STREAM = `
local held = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if string.sub(held, 1, #ARGV[2] + 1) ~= ARGV[2] .. '.' then return 0 end
${INSIST}
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
return 1`;

/** Clocks of gateways may differ by more than anybody waits. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

const FOLLOW = `${NOW}
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. ' ' .. ARGV[2])`;

const READ_FOLLOWERS = `${NOW}
local found = redis.call('HGETALL', KEYS[1])
found[#found + 1] = string.format('%.0f', now)
return found`;

const FOLD = `
for at = 3, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[at]) ~= ARGV[at + 1] then return 0 end
end
for at = 3, #ARGV, 2 do redis.call('HDEL', KEYS[1], ARGV[at]) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1`;

/** The commands this takes of a Redis connection; ioredis' `Redis` and `Cluster` have them. */
export interface LibraryCommands {
  get(key: string): Promise<string | null>;
  hgetall(key: string): Promise<Record<string, string>>;
  hmget(key: string, ...fields: string[]): Promise<(string | null)[]>;
  hdel(key: string, ...fields: string[]): Promise<unknown>;
  eval(script: string, keys: number, ...rest: (string | number)[]): Promise<unknown>;
  disconnect(): void;
}

/** A connection that is used for nothing else. */
export interface LibrarySubscriber {
  subscribe(channel: string): Promise<unknown>;
  on(event: "message", listener: (channel: string) => void): unknown;
  off(event: "message", listener: (channel: string) => void): unknown;
  disconnect(): void;
}

/** Libraries and what gateways counted of them, in Redis. */
export class RedisLibraryStore implements LibraryStore, PageStore, ProgressStore {
  readonly #commands: LibraryCommands;
  readonly #subscriber: LibrarySubscriber;

  constructor(commands: LibraryCommands, subscriber: LibrarySubscriber) {
    this.#commands = commands;
    this.#subscriber = subscriber;
  }

  version(): Promise<string | null> {
    return this.#commands.get(VERSION);
  }

  async revisions(): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries(await this.#commands.hgetall(REVISIONS)));
  }

  async read(names: readonly string[]): Promise<ReadonlyMap<string, Kept>> {
    if (names.length === 0) return new Map();
    // The revisions first: a source that is replaced meanwhile is read once more, not taken for an older one.
    const revisions = await this.#commands.hmget(REVISIONS, ...names);
    const texts = await this.#commands.hmget(SOURCES, ...names);
    const found = new Map<string, Kept>();
    for (const [at, name] of names.entries()) {
      const [revision, text] = [revisions[at], texts[at]];
      if (revision && text) found.set(name, { revision, text });
    }
    return found;
  }

  async save(name: string, kept: Kept, expected: string | null): Promise<string | undefined> {
    const { revision, text } = kept;
    const keys = [SOURCES, REVISIONS, VERSION];
    const args = [name, expected ?? "", revision, text, CHANNEL];
    return (await this.#eval(SAVE, keys, args)) === 1 ? revision : undefined;
  }

  async remove(name: string, life: string, expected: string): Promise<string | undefined> {
    const keys = [SOURCES, REVISIONS, VERSION, pagesOf(life), streamsOf(life)];
    const version = `${expected}.deleted`;
    const args = [name, expected, version, CHANNEL];
    return (await this.#eval(REMOVE, keys, args)) === 1 ? version : undefined;
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

  async follow(gateway: string, version: string): Promise<void> {
    await this.#commands.eval(FOLLOW, 1, FOLLOWERS, gateway, version);
  }

  async followers(): Promise<ReadonlyMap<string, Follower>> {
    const found = (await this.#commands.eval(READ_FOLLOWERS, 1, FOLLOWERS)) as string[];
    const now = Number(found.at(-1));
    const followers = new Map<string, Follower>();
    for (let at = 0; at + 1 < found.length - 1; at += 2) {
      const [gateway = "", text = ""] = found.slice(at, at + 2);
      const space = text.indexOf(" ");
      const silence = now - Number(text.slice(0, space));
      followers.set(gateway, { silence, version: text.slice(space + 1) });
    }
    return followers;
  }

  async leave(gateway: string): Promise<void> {
    await this.#commands.hdel(FOLLOWERS, gateway);
  }

  close(): void {
    this.#subscriber.disconnect();
    this.#commands.disconnect();
  }

  // Pages of statistics

  async write({ name, life, gateway }: PageAddress, text: string, isFirst: boolean) {
    const args = [name, life, gateway, text, isFirst ? "1" : "0"];
    const outcome = await this.#eval(WRITE_PAGE, [REVISIONS, pagesOf(life)], args);
    return outcome as "written" | "folded" | "gone";
  }

  async readPages({ life }: LifeAddress): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries(await this.#commands.hgetall(pagesOf(life))));
  }

  async fold({ life }: LifeAddress, read: ReadonlyMap<string, string>, common: string) {
    await this.#eval(FOLD, [pagesOf(life)], [COMMON, common, ...[...read].flat()]);
  }

  // Progress in streams

  async readStreams(life: string): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries(await this.#commands.hgetall(streamsOf(life))));
  }

  async writeStream(name: string, life: string, field: string, text: string): Promise<boolean> {
    const keys = [REVISIONS, streamsOf(life)];
    return (await this.#eval(WRITE_STREAM, keys, [name, life, field, text])) === 1;
  }

  async forgetStreams(life: string, fields: readonly string[]): Promise<void> {
    if (fields.length > 0) await this.#commands.hdel(streamsOf(life), ...fields);
  }

  #eval(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.#commands.eval(script, keys.length, ...keys, ...args);
  }
}
