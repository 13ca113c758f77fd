import { WireError } from "@keywire/shared";
import type { Redis } from "ioredis";
import type { Informant } from "./discovery.js";
import { unionFlags } from "./flags.js";
import { Member, type MemberEvents, type MemberOptions } from "./member.js";
import type { Primary, Topology } from "./topology.js";

export interface NodeStatus {
  readonly id: string;
  readonly address: string;
  readonly role: "primary";
  readonly state: "connecting" | "ready" | "down";
  /** How many slots it owns. */
  readonly slots: number;
  /** Since when it has been in this state, ms since the Unix epoch. */
  readonly since: number;
  readonly problem?: string;
}

/** The primaries that are connected to, one member each. */
export class Members {
  readonly #options: MemberOptions;
  readonly #eventsOf: (id: string) => MemberEvents;
  readonly #members = new Map<string, Member>();
  /** What nodes are to tell beyond what feeds need. */
  #extraFlags = "";

  constructor(options: Omit<MemberOptions, "extraFlags">, eventsOf: (id: string) => MemberEvents) {
    this.#options = { ...options, extraFlags: () => this.#extraFlags };
    this.#eventsOf = eventsOf;
  }

  /**
   * Lets go of those that the topology does not have, or has at another address.
   *
   * @returns their ids
   */
  dismiss(topology: Topology): string[] {
    const gone = [...this.#members].filter(([, member]) => !isIn(member, topology));
    for (const [id, member] of gone) {
      this.#members.delete(id);
      member.close();
    }
    return gone.map(([id]) => id);
  }

  /** Lets those that stay know what they own by now. */
  follow({ primaries }: Topology): void {
    for (const [id, member] of this.#members) {
      const primary = primaries.get(id);
      if (primary !== undefined) member.follow(primary);
    }
  }

  /** Begins to connect to those that are new; resolves when each has been tried once. */
  async admit(topology: Topology): Promise<void> {
    const joined = [...topology.primaries.values()].filter(({ id }) => !this.#members.has(id));
    await Promise.all(joined.map((primary) => this.#add(primary).connect()));
  }

  async checkNotifications(): Promise<void> {
    await Promise.all([...this.#members.values()].map((member) => member.checkNotifications()));
  }

  async checkSwaps(): Promise<void> {
    await Promise.all([...this.#members.values()].map((member) => member.checkSwaps()));
  }

  /** Has all nodes tell more than their feeds need. @throws WireError where one does not */
  async want(flags: string): Promise<void> {
    this.#extraFlags = unionFlags(this.#extraFlags, flags);
    await Promise.all(this.ids().map((id) => this.wantOf(id)));
  }

  /** The same of a node that was not ready then. @throws WireError where it does not */
  async wantOf(id: string): Promise<void> {
    if (this.#extraFlags !== "") await this.#members.get(id)?.want(this.#extraFlags);
  }

  ids(): string[] {
    return [...this.#members.keys()];
  }

  informants(): Informant[] {
    return [...this.#members.values()].flatMap((member) => member.informant ?? []);
  }

  /** The connection for questions to a node, by its id. */
  control(id: string): Redis | undefined {
    return this.#members.get(id)?.informant?.control;
  }

  /** The same by `host:port`. */
  controlAt(address: string): Redis | undefined {
    const member = [...this.#members.values()].find((known) => known.address === address);
    return member?.informant?.control;
  }

  /** Why a node would never send, where that is so. */
  get fault(): WireError | undefined {
    for (const { problem } of this.#members.values())
      if (problem instanceof WireError) return problem;
    return undefined;
  }

  problems(): string[] {
    const unready = [...this.#members.values()].filter(({ state }) => state !== "ready");
    return unready.map(({ address, problem }) => {
      const why = problem?.message ?? "it is being connected to";
      return `Redis node ${address} is not ready: ${why}`;
    });
  }

  status({ primaries }: Topology): NodeStatus[] {
    return [...this.#members.values()].map(({ primary, address, state, since, problem }) => ({
      id: primary.id,
      address,
      role: "primary",
      state,
      slots: countSlots(primaries.get(primary.id)),
      since,
      ...(problem === undefined ? {} : { problem: problem.message }),
    }));
  }

  /** Up to when all has come that the nodes raised which are not away, ms since the Unix epoch. */
  heardUntil(): number {
    const { clock } = this.#options;
    return Math.min(clock.now(), ...[...this.#members.values()].map(({ lastGood }) => lastGood));
  }

  close(): void {
    for (const member of this.#members.values()) member.close();
    this.#members.clear();
  }

  #add(primary: Primary): Member {
    const member = new Member(primary, this.#options, this.#eventsOf(primary.id));
    this.#members.set(primary.id, member);
    return member;
  }
}

function isIn({ primary }: Member, topology: Topology): boolean {
  const known = topology.primaries.get(primary.id);
  return known?.host === primary.host && known.port === primary.port;
}

function countSlots(primary: Primary | undefined): number {
  return (primary?.slots ?? []).reduce((count, [first, last]) => count + last - first + 1, 0);
}
