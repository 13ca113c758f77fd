import type { Clock } from "@keywire/shared";
import type { Lease, LeaseStore, Release, Renewal, Standing, Taken } from "./ports.js";
import { RELEASE, SYNC, TAKE } from "./scripts.js";

/** How long Redis may take to answer, ms: a lease is of no use to one who learns of it too late. */
const TIMEOUT = 1_000;

/** The commands this takes of a Redis connection; ioredis' `Redis` and `Cluster` have them. */
export interface LeaseCommands {
  eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
  disconnect(): void;
}

export interface RedisLeaseStoreOptions {
  /** The group's name. */
  readonly name: string;
  readonly gatewayId: string;
  /** How long a lease stands without being renewed, ms. */
  readonly ttl: number;
  readonly clock: Clock;
}

/** Leases in Redis, where all gateways see them. */
export class RedisLeaseStore implements LeaseStore {
  readonly #commands: LeaseCommands;
  readonly #options: RedisLeaseStoreOptions;
  readonly #keys: readonly [leases: string, gateways: string];

  /** @param commands a connection that is used for nothing else; it is closed with the store */
  constructor(commands: LeaseCommands, options: RedisLeaseStoreOptions) {
    this.#commands = commands;
    this.#options = options;
    const key = `{keywire}:lease:${options.name}`;
    this.#keys = [key, `${key}:gateways`];
  }

  async sync(renewals: readonly Renewal[], isSharing: boolean): Promise<Standing> {
    const args = renewals.flatMap(({ part, epoch, done }) => [part, epoch, done ?? ""]);
    const reply = await this.#run(SYNC, this.#options.ttl, isSharing ? 1 : 0, ...args);
    const [now, gateways, leases] = reply as [string, string[], string[][]];
    return { now: Number(now), gateways: [...gateways].sort(), leases: leases.map(readLease) };
  }

  async take(parts: readonly number[]): Promise<Taken[]> {
    const reply = await this.#run(TAKE, this.#options.ttl, ...parts);
    return (reply as string[][]).map((fields) => ({
      ...readLease(fields),
      isNew: fields[6] === "1",
    }));
  }

  async release(releases: readonly Release[]): Promise<void> {
    const args = releases.flatMap(({ part, epoch, done, handover }) => {
      return [part, epoch, done ?? "", handover];
    });
    await this.#run(RELEASE, ...args);
  }

  close(): void {
    this.#commands.disconnect();
  }

  async #run(script: string, ...args: (string | number)[]): Promise<unknown> {
    const { clock, gatewayId } = this.#options;
    const answer = this.#commands.eval(script, 2, ...this.#keys, gatewayId, ...args);
    return new Promise((resolve, reject) => {
      const timer = clock.after(TIMEOUT, () =>
        reject(new Error(`Redis did not answer within ${TIMEOUT} ms about the leases`)),
      );
      answer.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}

function readLease(fields: readonly string[]): Lease {
  const [part, epoch, holder, isExpired, done, handover = ""] = fields;
  return {
    part: Number(part),
    epoch: Number(epoch),
    holder: holder === "-" ? undefined : holder,
    isExpired: isExpired === "1",
    done: Number(done),
    handover,
  };
}
