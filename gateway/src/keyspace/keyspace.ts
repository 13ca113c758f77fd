import { type Clock, type Interest, listOf, systemClock, WireError } from "@keywire/shared";
import { Coverage } from "./coverage.js";
import { Delivery } from "./delivery.js";
import { Deployment } from "./deployment.js";
import { discover } from "./discovery.js";
import { Doubts } from "./doubts.js";
import { extraFlag } from "./flags.js";
import { KeyQuestions } from "./key-questions.js";
import { Lookout } from "./lookout.js";
import { encodeFence, MARKS_CHANNEL } from "./marks.js";
import type { MemberEvents } from "./member.js";
import { Members, type NodeStatus } from "./members.js";
import { MigrationFilter } from "./migration.js";
import { NodeEvents } from "./node-events.js";
import type { FenceListener, Listener } from "./notification.js";
import type { NotifyMode } from "./notify.js";
import { DEFAULT_PATTERN_BUDGET, FeedPlan } from "./plan.js";
import { Refusals } from "./refusals.js";
import type { Report } from "./report.js";
import { closed, type Subscription, Subscriptions } from "./subscriptions.js";
import { parseRedisUrl, type RedisTarget } from "./target.js";
import type { Topology } from "./topology.js";

export interface KeyspaceOptions {
  /** Where Redis is: `redis://`, `redis+cluster://` or `redis+sentinel://`, or the same read. */
  readonly redis: string | RedisTarget;
  /** What to do about `notify-keyspace-events`; `auto` where absent. */
  readonly notify?: NotifyMode;
  /** Distinct patterns per node before they are folded into broader ones; 8 where absent. */
  readonly patternBudget?: number;
  readonly clock?: Clock;
  /** Told what somebody who runs this would want to read in a log. */
  readonly report?: Report;
}

export interface FeedStatus {
  readonly channel: string;
  readonly kind: "subscribe" | "psubscribe";
  /** The nodes that acknowledged it. */
  readonly nodes: readonly string[];
  /** What it serves. */
  readonly interests: readonly Interest[];
}

/** Keyspace notifications of a whole deployment: see `openKeyspace`. */
export class Keyspace {
  readonly #target: RedisTarget;
  readonly #plan: FeedPlan;
  readonly #coverage: Coverage;
  readonly #members: Members;
  readonly #deployment: Deployment;
  readonly #lookout: Lookout;
  readonly #delivery: Delivery;
  readonly #subscriptions: Subscriptions;

  constructor(options: KeyspaceOptions) {
    const { redis, clock = systemClock, patternBudget = DEFAULT_PATTERN_BUDGET } = options;
    const { notify = "auto", report = () => {} } = options;
    const target = typeof redis === "string" ? parseRedisUrl(redis) : redis;
    const doubts = new Doubts();
    const refusals = new Refusals();
    const now = () => clock.now();
    this.#target = target;
    this.#plan = new FeedPlan(patternBudget);
    // They need each other in a ring: none is asked for anything before all are there.
    const members = new Members({ target, notify, clock }, (id): MemberEvents => events.of(id));
    const questions = new KeyQuestions(members, () => this.refresh());
    const coverage = new Coverage(this.#plan, now, (id, need) => questions.has(id, need));
    const followers = { members, coverage, doubts, refusals, report };
    const deployment = new Deployment(target, clock, followers);
    const lookout = new Lookout(
      clock,
      () => deployment.look(),
      () => coverage.hasOutages,
    );
    // Keys move between the nodes of a cluster only.
    const isCluster = target.kind === "cluster";
    const filter = isCluster ? newFilter(clock, coverage, questions, lookout) : undefined;
    this.#delivery = new Delivery(coverage, doubts, filter);
    const concerned = { ...followers, delivery: this.#delivery, lookout };
    const events = new NodeEvents(clock, isCluster, concerned);
    this.#subscriptions = new Subscriptions(this.#plan, coverage, refusals, deployment, clock);
    this.#members = members;
    this.#coverage = coverage;
    this.#deployment = deployment;
    this.#lookout = lookout;
  }

  /**
   * Tells the listener of every matching event from the moment this resolves.
   *
   * @param events those that are cared for, where not all are: ones that Redis tells only where it is asked
   *   to are asked for, see `alsoTell`
   * @throws WireError `notifications_disabled` where a node would never send, `unavailable` where no
   *   node acknowledged in time, `forbidden` where Redis does not let the gateway subscribe
   */
  async subscribe(
    interest: Interest,
    listener: Listener,
    events: readonly string[] = [],
  ): Promise<Subscription> {
    if (this.#deployment.isClosed) throw closed();
    const subscription = await this.#subscriptions.add(interest, listener);
    try {
      // Only now is there a node to ask for certain.
      for (const event of events) if (extraFlag(event) !== "") await this.#alsoTellNow(event);
    } catch (error) {
      await subscription.unsubscribe();
      throw error;
    }
    return subscription;
  }

  /**
   * Has prefixes and patterns hear of an event too that Redis tells only where it is asked to: `keymiss`,
   * `new`. Each costs the server a message, so nobody hears of it unasked.
   *
   * @throws WireError `notifications_disabled` where a node does not tell it
   */
  async alsoTell(event: string): Promise<void> {
    await this.#members.want(extraFlag(event));
  }

  /** @throws WireError also where a node could not be asked: nobody would ask it again */
  async #alsoTellNow(event: string): Promise<void> {
    try {
      await this.alsoTell(event);
    } catch (error) {
      if (error instanceof WireError) throw error;
      const sentence = `Redis cannot be asked to tell "${event}" just now: ${String(error)}`;
      throw new WireError("unavailable", sentence, { cause: error });
    }
  }

  nodes(): NodeStatus[] {
    return this.#members.status(this.#coverage.topology);
  }

  /**
   * Up to when all has come that the nodes raised which are not away, ms since the Unix epoch; but for
   * what is held back, as it is looked whether its key was moved.
   */
  heardUntil(): number {
    return this.#members.heardUntil();
  }

  feeds(): FeedStatus[] {
    return [...this.#plan.feeds()].map((feed) => ({
      channel: feed.channel.toString(),
      kind: feed.kind,
      nodes: this.#coverage.nodesOf(feed),
      interests: listOf(feed.needs).map((need) => need.interest),
    }));
  }

  /** Why not everything is told, a sentence each; empty when all is well. */
  problems(): string[] {
    return this.#deployment.problems();
  }

  /**
   * Puts a fence into a node's stream.
   *
   * @param node the id of a node that is ready
   * @param id unlike every other fence's, without spaces
   * @param note anything its listeners are to know
   */
  async raiseFence(node: string, id: string, note = ""): Promise<void> {
    const control = this.#members.control(node);
    if (control === undefined) throw new Error(`node ${node} is not connected`);
    const name = this.#target.kind === "cluster" ? node : undefined;
    await control.publish(MARKS_CHANNEL, encodeFence(name, id, note));
  }

  /** @returns stops listening */
  listenToFences(listener: FenceListener): () => void {
    return this.#delivery.listenToFences(listener);
  }

  /**
   * Finds out who the primaries are by now, which those who are listened to may not be yet.
   *
   * @throws Error naming who was asked and what they said
   */
  discover(): Promise<Topology> {
    return discover(this.#target, this.#members.informants());
  }

  /** Looks at the topology at once, as when a command was answered MOVED. */
  refresh(): void {
    this.#lookout.soon();
  }

  /** Begins; resolves when every node found has been tried once. */
  open(): Promise<void> {
    return this.#lookout.start();
  }

  async close(): Promise<void> {
    this.#lookout.stop();
    this.#deployment.close();
    this.#subscriptions.close();
  }
}

function newFilter(
  clock: Clock,
  coverage: Coverage,
  questions: KeyQuestions,
  lookout: Lookout,
): MigrationFilter {
  return new MigrationFilter({
    topology: () => coverage.topology,
    now: () => clock.now(),
    fateOf: (node, key) => questions.fateOf(node, key),
    stale: () => lookout.soon(),
    nextLook: () => lookout.next(),
  });
}
