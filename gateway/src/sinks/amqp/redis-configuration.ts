import type { ConfigurationStore } from "./configuration.js";

/** A hash of a version and the configuration as JSON. */
const KEY = "{keywire}:amqp:configuration";
const CHANNEL = "{keywire}:amqp:configuration";

const SAVE = `
if tonumber(redis.call('HGET', KEYS[1], 'version') or '0') ~= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1] + 1, 'text', ARGV[2])
return 1
`;

/** The commands this takes of a Redis connection; ioredis' `Redis` and `Cluster` have them. */
export interface ConfigurationCommands {
  hmget(key: string, ...fields: string[]): Promise<(string | null)[]>;
  eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
  publish(channel: string, message: string): Promise<unknown>;
  disconnect(): void;
}

/** A connection that is used for nothing else. */
export interface ConfigurationSubscriber {
  subscribe(channel: string): Promise<unknown>;
  on(event: "message", listener: (channel: string) => void): unknown;
  disconnect(): void;
}

/** The configuration in Redis, where all gateways see it. */
export class RedisConfiguration implements ConfigurationStore {
  readonly #commands: ConfigurationCommands;
  readonly #subscriber: ConfigurationSubscriber;
  #heard: (() => void) | undefined;

  constructor(commands: ConfigurationCommands, subscriber: ConfigurationSubscriber) {
    this.#commands = commands;
    this.#subscriber = subscriber;
    subscriber.on("message", (channel) => {
      if (channel === CHANNEL) this.#heard?.();
    });
  }

  async load(): Promise<{ version: number; text: string | undefined }> {
    const [version, text] = await this.#commands.hmget(KEY, "version", "text");
    return { version: Number(version ?? 0), text: text ?? undefined };
  }

  async save(version: number, text: string): Promise<boolean> {
    const isSaved = (await this.#commands.eval(SAVE, 1, KEY, version, text)) === 1;
    if (isSaved) await this.#commands.publish(CHANNEL, String(version + 1));
    return isSaved;
  }

  async listen(heard: () => void): Promise<void> {
    this.#heard = heard;
    await this.#subscriber.subscribe(CHANNEL);
  }

  close(): void {
    this.#commands.disconnect();
    this.#subscriber.disconnect();
  }
}
