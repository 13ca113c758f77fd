import type { Clock, WireError } from "@keywire/shared";
import type { Coverage } from "./coverage.js";
import { discover } from "./discovery.js";
import type { Doubts } from "./doubts.js";
import type { Members } from "./members.js";
import type { Refusals } from "./refusals.js";
import type { Report } from "./report.js";
import { Supplanted } from "./supplanted.js";
import { type RedisTarget, show } from "./target.js";
import type { Topology } from "./topology.js";

/** ms between two checks of what a node tells, at least: some looks come in quick succession. */
const CHECK_INTERVAL = 900;

/** Who goes by what a look finds. */
export interface Followers {
  readonly members: Members;
  readonly coverage: Coverage;
  readonly doubts: Doubts;
  readonly refusals: Refusals;
  readonly report: Report;
}

/** The deployment, look by look: finds out who the primaries are, and has everybody go by that. */
export class Deployment {
  readonly #target: RedisTarget;
  readonly #clock: Clock;
  readonly #followers: Followers;
  readonly #supplanted = new Supplanted();
  /** When the nodes' notifications were last looked after. */
  #checkedAt = Number.NEGATIVE_INFINITY;
  /** When the primaries were last found to be others, ms since the Unix epoch. */
  #changedAt = 0;
  #state: "open" | "closed" = "open";
  #problem: string | undefined = "the Redis deployment has not been looked at yet";

  constructor(target: RedisTarget, clock: Clock, followers: Followers) {
    this.#target = target;
    this.#clock = clock;
    this.#followers = followers;
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Why a node would never send, where that is so. */
  get fault(): WireError | undefined {
    return this.#followers.members.fault;
  }

  /** Why not everything is told, a sentence each; empty when all is well. */
  problems(): string[] {
    const { coverage, members, refusals } = this.#followers;
    const problems = this.#problem === undefined ? [] : [this.#problem];
    problems.push(...members.problems());
    const { primaries, unowned } = coverage.topology;
    if (primaries.size > 0 && unowned > 0) problems.push(`${unowned} hash slots have no owner`);
    problems.push(...refusals.reasons());
    return problems;
  }

  /** Looks once; where that fails, `problems` says why. */
  async look(): Promise<void> {
    const asOf = this.#clock.now();
    try {
      const found = await discover(this.#target, this.#followers.members.informants());
      if (this.#state === "open") await this.#adopt(found, asOf);
      this.#problem = undefined;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
    }
  }

  close(): void {
    this.#state = "closed";
    this.#followers.members.close();
  }

  async #adopt(found: Topology, asOf: number): Promise<void> {
    const { coverage, doubts, members } = this.#followers;
    const previous = coverage.topology;
    const topology = this.#supplanted.filter(found, previous, this.#clock.now());
    const appointed = this.#appointment(topology, asOf);
    this.#noteChange(topology, previous, asOf);
    coverage.follow(topology, asOf, (id) => Math.min(doubts.since(id), appointed));
    this.#settleDoubts(topology, asOf);
    this.#dismiss(topology, asOf);
    members.follow(topology);
    const admitted = members.admit(topology);
    // Only the first look waits: later ones must not be held up by a node that hangs.
    if (previous.primaries.size === 0) await admitted;
    await this.#check(asOf);
  }

  /**
   * Since when a new primary may have been one, ms since the Unix epoch: it may have been appointed, and
   * written to, long before we could hear of it. What it did before our last change is told already.
   */
  #appointment({ appointedFor }: Topology, asOf: number): number {
    if (appointedFor === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(asOf - appointedFor, this.#changedAt);
  }

  #noteChange(topology: Topology, previous: Topology, asOf: number): void {
    const list = addresses(topology);
    if (list === addresses(previous)) return;
    this.#changedAt = asOf;
    this.#followers.report({ event: "topology", message: `the primaries are ${list}` });
  }

  #settleDoubts({ primaries, heard }: Topology, asOf: number): void {
    this.#followers.doubts.settle(asOf, (id) => {
      if (!primaries.has(id)) return "other";
      return heard.has(id) ? "primary" : "unknown";
    });
  }

  /** Where only the address changed, the topology still has the node: its link is gone all the same. */
  #dismiss(topology: Topology, asOf: number): void {
    const { coverage, doubts, members, refusals } = this.#followers;
    for (const id of members.dismiss(topology)) {
      refusals.forget(id);
      coverage.nodeDown(id, Math.min(asOf, doubts.forget(id)));
    }
  }

  /** Looks after what nodes are to send and what they do not tell, and asks again for what they refused. */
  async #check(asOf: number): Promise<void> {
    // Where the clock was set back, the last check may be yet to come for long.
    if (Math.abs(asOf - this.#checkedAt) < CHECK_INTERVAL) return;
    this.#checkedAt = asOf;
    const { coverage, members, refusals } = this.#followers;
    await Promise.all([members.checkNotifications(), members.checkSwaps()]);
    for (const id of refusals.nodes()) coverage.retry(id);
  }
}

function addresses({ primaries }: Topology): string {
  return [...primaries.values()].map(show).sort().join(", ");
}
