import type { Kept, LibraryStore } from "../libraries/store.js";
import {
  COMMON,
  type LifeAddress,
  type PageAddress,
  type PageStore,
} from "../statistics/ledger.js";
import type { ProgressStore } from "../streams/progress-store.js";

type Keyspace = ReturnType<typeof empty>;

function empty() {
  return {
    kept: new Map<string, Kept>(),
    version: null as string | null,
    followers: new Map<string, { version: string; at: number }>(),
    pages: new Map<string, Map<string, string>>(),
    streams: new Map<string, Map<string, string>>(),
  };
}

/** What several gateways share, as Redis would hold it. */
export class FakeRedis {
  data: Keyspace = empty();
  /** What every call rejects with meanwhile. */
  fault: Error | undefined;
  readonly listeners = new Set<() => void>();
  readonly #now: () => number;

  /** @param now its clock, ms since the Unix epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  flush(): void {
    this.data = empty();
  }

  connect(): LibraryStore & PageStore & ProgressStore {
    const redis = this;
    async function ask<T>(answer: (data: Keyspace) => T): Promise<T> {
      if (redis.fault !== undefined) throw redis.fault;
      return answer(redis.data);
    }
    function change(version: string): string {
      redis.data.version = version;
      for (const listener of redis.listeners) listener();
      return version;
    }
    const lives = (name: string, life: string) =>
      redis.data.kept.get(name)?.revision.startsWith(`${life}.`) === true;
    let heard: (() => void) | undefined;
    return {
      version: () => ask(({ version }) => version),
      revisions: () =>
        ask(({ kept }) => new Map([...kept].map(([name, { revision }]) => [name, revision]))),
      read: (names) =>
        ask(({ kept }) => new Map([...kept].filter(([name]) => names.includes(name)))),
      save: (name, kept, expected) =>
        ask((data) => {
          if ((data.kept.get(name)?.revision ?? null) !== expected) return undefined;
          data.kept.set(name, kept);
          return change(kept.revision);
        }),
      remove: (name, life, expected) =>
        ask((data) => {
          if (data.kept.get(name)?.revision !== expected) return undefined;
          data.kept.delete(name);
          data.pages.delete(life);
          data.streams.delete(life);
          return change(`${expected}.deleted`);
        }),
      listen: (listener) =>
        ask(() => {
          heard = listener;
          redis.listeners.add(listener);
        }),
      follow: (gateway, version) =>
        ask((data) => void data.followers.set(gateway, { version, at: redis.#now() })),
      followers: () =>
        ask(({ followers }) => {
          const silent = ({ version, at }: { version: string; at: number }) => ({
            version,
            silence: redis.#now() - at,
          });
          return new Map([...followers].map(([id, follower]) => [id, silent(follower)]));
        }),
      leave: (gateway) => ask((data) => void data.followers.delete(gateway)),
      close: () => void (heard && redis.listeners.delete(heard)),
      write: ({ name, life, gateway }: PageAddress, text, isFirst) =>
        ask((data) => {
          if (!lives(name, life)) return "gone" as const;
          const pages = data.pages.get(life) ?? new Map<string, string>();
          data.pages.set(life, pages);
          if (!isFirst && !pages.has(gateway)) return "folded" as const;
          pages.set(gateway, text);
          return "written" as const;
        }),
      readPages: ({ life }: LifeAddress) => ask((data) => new Map(data.pages.get(life))),
      fold: ({ life }, read, common) =>
        ask((data) => {
          const pages = data.pages.get(life);
          if (pages === undefined) return;
          if ([...read].some(([gateway, text]) => pages.get(gateway) !== text)) return;
          for (const gateway of read.keys()) pages.delete(gateway);
          pages.set(COMMON, common);
        }),
      readStreams: (life) => ask((data) => new Map(data.streams.get(life))),
      writeStream: (name, life, field, text) =>
        ask((data) => {
          if (!lives(name, life)) return false;
          const streams = data.streams.get(life) ?? new Map<string, string>();
          data.streams.set(life, streams.set(field, text));
          return true;
        }),
      forgetStreams: (life, fields) =>
        ask((data) => {
          for (const field of fields) data.streams.get(life)?.delete(field);
        }),
    };
  }
}
