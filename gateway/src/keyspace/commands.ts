import type { Socket } from "node:net";
import { Cluster, Redis } from "ioredis";
import { connectionOptions } from "./connection.js";
import { discover } from "./discovery.js";
import { isReply } from "./notify.js";
import { PrimaryConnector } from "./primary-connector.js";
import { type Endpoint, type RedisTarget, show } from "./target.js";
import type { Topology } from "./topology.js";

/** How long a node may owe an answer without sending a byte, ms: then who is the primary is asked again. */
const SILENCE_TIMEOUT = 3_000;
/** ms between two attempts to connect, at the most. */
const LONGEST_PAUSE = 1_000;
/** With so many attempts, about a minute, commands are given up. */
const MOST_ATTEMPTS = 60;
/** What a replica says to a write. Before Redis 7 that stands behind a sentence about the script. */
const REFUSAL = /(?:^|-)READONLY /;

/**
 * Connections to whichever node a key is on, for keys of the gateway's own. A node that stands still, or whose
 * host is gone, is replaced by another one and never says so; one that was made a replica goes on to take
 * commands, and refuses some or loses them.
 */
export class CommandConnections {
  readonly #target: RedisTarget;
  readonly #look: () => Promise<Topology>;
  /** Where each is connected to, or about to be, where there is one primary at a time. */
  readonly #sockets = new Map<Socket, Endpoint>();

  /** @param look finds out who the primaries are; an Error where that cannot be told */
  constructor(target: RedisTarget, look: () => Promise<Topology> = () => discover(target, [])) {
    this.#target = target;
    this.#look = look;
  }

  open(): Redis | Cluster {
    const { endpoints, db, kind } = this.#target;
    const options = { ...connectionOptions(this.#target), socketTimeout: SILENCE_TIMEOUT };
    if (kind === "cluster") {
      return new Cluster([...endpoints], { redisOptions: options, lazyConnect: true });
    }
    const connector = new PrimaryConnector({
      locate: () => this.#locate(),
      tls: this.#target.tls,
      named: kind === "standalone" ? endpoints[0] : undefined,
      opened: (socket, endpoint) => this.#note(socket, endpoint),
    });
    return new Redis({
      ...options,
      db,
      Connector: class {
        constructor() {
          // biome-ignore lint/correctness/noConstructorReturn: ioredis takes a class, not an instance.
          return connector;
        }
      } as unknown as new () => PrimaryConnector,
      reconnectOnError: (error) => isReply(error) && REFUSAL.test(error.message),
      maxRetriesPerRequest: MOST_ATTEMPTS,
      retryStrategy: (attempt) =>
        Math.min(50 * 2 ** (attempt - 1), LONGEST_PAUSE) + Math.random() * 200,
    });
  }

  /** The primaries have changed: leaves those that are not any more. */
  refresh(): void {
    if (this.#sockets.size > 0) void this.#leave();
  }

  async #leave(): Promise<void> {
    // Where it cannot be told just now, each asks by itself until it can.
    const primary = await this.#locate().then(show, () => undefined);
    for (const [socket, endpoint] of this.#sockets) {
      // What a former primary still answers, or would if it went on, counts no more.
      if (show(endpoint) !== primary) socket.destroy();
    }
  }

  #note(socket: Socket, endpoint: Endpoint): void {
    this.#sockets.set(socket, endpoint);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  async #locate(): Promise<Endpoint> {
    const [primary] = (await this.#look()).primaries.values();
    if (primary === undefined) throw new Error("there is no primary");
    return primary;
  }
}
