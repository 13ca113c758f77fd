import { type Clock, slotOf } from "@keywire/shared";
import type { Config } from "../config.js";
import type { CommandConnections, Keyspace, Notification } from "../keyspace/index.js";
import {
  LeaseGroup,
  type LeaseReport,
  type LeaseStatus,
  RedisLeaseStore,
  type Worker,
} from "../lease/index.js";

export interface LeaseSurroundings {
  /** Of this life of the gateway, and no other's. */
  readonly gatewayId: string;
  readonly clock: Clock;
  /** Where a kind of work reports to. */
  report(name: string): LeaseReport;
  /** Told why a connection failed, once for each attempt. */
  failed(error: Error): void;
}

export type LeaseConfig = Pick<Config, "leaseTtl" | "leaseBacklogEntries" | "leaseBacklogBytes">;

/** All kinds of work that this gateway shares with others, each with leases of its own. */
export class Leases {
  readonly #keyspace: Keyspace;
  readonly #connections: CommandConnections;
  readonly #around: LeaseSurroundings;
  readonly #config: LeaseConfig;
  readonly #groups: LeaseGroup<Notification>[] = [];

  constructor(
    keyspace: Keyspace,
    connections: CommandConnections,
    around: LeaseSurroundings,
    config: LeaseConfig,
  ) {
    this.#keyspace = keyspace;
    this.#connections = connections;
    this.#around = around;
    this.#config = config;
  }

  /**
   * Opens one kind of work. Its worker is fed from the moment on that interests are set.
   *
   * @param name `triggers`, `amqp`: letters, digits, dashes; the same on every gateway
   */
  open(name: string, worker: Worker<Notification>): LeaseGroup<Notification> {
    const { clock, gatewayId } = this.#around;
    const ttl = this.#config.leaseTtl;
    const commands = this.#connections.open();
    commands.on("error", (error) => this.#around.failed(error));
    const keyspace = this.#keyspace;
    const group = new LeaseGroup<Notification>(
      name,
      {
        source: keyspace,
        fences: {
          nodes: () => keyspace.nodes(),
          heardUntil: () => keyspace.heardUntil(),
          raise: (node, id, note) => keyspace.raiseFence(node, id, note),
          listen: (listener) => keyspace.listenToFences(listener),
        },
        store: new RedisLeaseStore(commands, { name, gatewayId, ttl, clock }),
        clock,
        monotonic: () => performance.now(),
        slotOf,
        gatewayId,
        report: this.#around.report(name),
      },
      {
        ttl,
        backlogEntries: this.#config.leaseBacklogEntries,
        backlogBytes: this.#config.leaseBacklogBytes,
      },
      worker,
    );
    group.start();
    this.#groups.push(group);
    return group;
  }

  status(): LeaseStatus[] {
    return this.#groups.map((group) => group.status());
  }

  /**
   * Hands all work over to the other gateways.
   *
   * @param within how long workers may take to finish what they have, ms
   */
  async stop(within: number): Promise<void> {
    await Promise.all(this.#groups.map((group) => group.stop(within)));
  }
}
