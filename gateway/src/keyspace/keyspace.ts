import { type Clock, type Interest, systemClock, WireError } from "@keywire/shared";
import { Coverage } from "./coverage.js";
import { discover } from "./discovery.js";
import { Doubts } from "./doubts.js";
import { fateOf } from "./fate.js";
import { feedName } from "./feed.js";
import { extraFlag, unionFlags } from "./flags.js";
import { parseNotification } from "./grammar.js";
import { Lookout } from "./lookout.js";
import { encodeFence, MARKS_CHANNEL } from "./marks.js";
import type { MemberEvents } from "./member.js";
import { Members, type NodeStatus } from "./members.js";
import { type Fate, MigrationFilter } from "./migration.js";
import type { Feed } from "./need.js";
import { Need, needId } from "./need.js";
import type { Fence, FenceListener, Gap, Listener } from "./notification.js";
import type { NotifyMode } from "./notify.js";
import { DEFAULT_PATTERN_BUDGET, FeedPlan } from "./plan.js";
import { NodeStream } from "./stream.js";
import { Supplanted } from "./supplanted.js";
import { parseRedisUrl, type RedisTarget } from "./target.js";
import type { Topology } from "./topology.js";

/** ms a subscription may take to be acknowledged before it is given up. */
const SUBSCRIBE_TIMEOUT = 5_000;

export interface KeyspaceOptions {
  /** Where Redis is: `redis://`, `redis+cluster://` or `redis+sentinel://`, or the same read. */
  readonly redis: string | RedisTarget;
  /** What to do about `notify-keyspace-events`; `auto` where absent. */
  readonly notify?: NotifyMode;
  /** Distinct patterns per node before they are folded into broader ones; 8 where absent. */
  readonly patternBudget?: number;
  readonly clock?: Clock;
  /** Told what somebody who runs this would want to read in a log. */
  readonly report?: (report: KeyspaceReport) => void;
}

export interface KeyspaceReport {
  readonly event:
    | "node_up"
    | "node_down"
    | "topology"
    | "refused"
    | "notifications_mended"
    | "flushed";
  readonly node?: string;
  readonly message: string;
}

export interface Subscription {
  /** Stops telling the listener; the last one's leaving unsubscribes in Redis. */
  unsubscribe(): Promise<void>;
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
  readonly #clock: Clock;
  readonly #report: (report: KeyspaceReport) => void;
  readonly #plan: FeedPlan;
  readonly #coverage: Coverage;
  readonly #needs = new Map<string, Need>();
  readonly #members: Members;
  readonly #doubts = new Doubts();
  readonly #supplanted = new Supplanted();
  /** Keys move between the nodes of a cluster only. */
  readonly #migrations: MigrationFilter | undefined;
  readonly #refusals = new Map<Feed, Error>();
  /** What nodes are to tell beyond what feeds need. */
  #extraFlags = "";
  readonly #fenceListeners = new Set<FenceListener>();
  #state: "open" | "closed" = "open";
  readonly #lookout: Lookout;
  #lookProblem: string | undefined = "the Redis deployment has not been looked at yet";

  constructor(options: KeyspaceOptions) {
    const { redis, clock = systemClock, patternBudget = DEFAULT_PATTERN_BUDGET } = options;
    this.#target = typeof redis === "string" ? parseRedisUrl(redis) : redis;
    this.#clock = clock;
    this.#report = options.report ?? (() => {});
    this.#plan = new FeedPlan(patternBudget);
    this.#coverage = new Coverage(this.#plan, () => clock.now());
    const member = { target: this.#target, notify: options.notify ?? "auto", clock };
    this.#members = new Members(member, (id) => this.#eventsOf(id));
    this.#lookout = new Lookout(clock, () => this.#look());
    this.#migrations = this.#target.kind === "cluster" ? this.#newFilter() : undefined;
  }

  /**
   * Tells the listener of every matching event from the moment this resolves.
   *
   * @throws WireError `notifications_disabled` where a node would never send, `unavailable` where no
   *   node acknowledged in time, `forbidden` where Redis does not let the gateway subscribe
   */
  async subscribe(interest: Interest, listener: Listener): Promise<Subscription> {
    if (this.#state === "closed") throw new WireError("unavailable", "the keyspace is closed");
    const need = this.#needFor(interest);
    need.listeners.add(listener);
    try {
      await this.#served(need);
    } catch (error) {
      this.#leave(need, listener);
      throw error;
    }
    return {
      unsubscribe: async () => this.#leave(need, listener),
    };
  }

  /**
   * Has prefixes and patterns hear of an event too that Redis tells only where it is asked to: `keymiss`,
   * `new`. Each costs the server a message, so nobody hears of it unasked.
   *
   * @throws WireError `notifications_disabled` where a node does not tell it
   */
  async alsoTell(event: string): Promise<void> {
    this.#extraFlags = unionFlags(this.#extraFlags, extraFlag(event));
    await this.#members.want(this.#extraFlags);
  }

  nodes(): NodeStatus[] {
    return this.#members.status(this.#coverage.topology);
  }

  feeds(): FeedStatus[] {
    return [...this.#plan.feeds()].map((feed) => ({
      channel: feed.channel.toString(),
      kind: feed.kind,
      nodes: this.#coverage.nodesOf(feed),
      interests: [...feed.needs].map((need) => need.interest),
    }));
  }

  /** Why not everything is told, a sentence each; empty when all is well. */
  problems(): string[] {
    const problems = this.#lookProblem === undefined ? [] : [this.#lookProblem];
    problems.push(...this.#members.problems());
    const { unowned } = this.#coverage.topology;
    if (this.#coverage.topology.primaries.size > 0 && unowned > 0)
      problems.push(`${unowned} hash slots have no owner`);
    for (const [feed, error] of this.#refusals) {
      problems.push(`Redis refuses ${feed.kind} ${feedName(feed)}: ${error.message}`);
    }
    return problems;
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
    this.#fenceListeners.add(listener);
    return () => this.#fenceListeners.delete(listener);
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
    this.#state = "closed";
    this.#lookout.stop();
    this.#members.close();
  }

  // Needs

  #needFor(interest: Interest): Need {
    const known = this.#needs.get(needId(interest));
    if (known !== undefined) return known;
    const need = new Need(interest);
    this.#needs.set(need.id, need);
    this.#coverage.apply(this.#plan.add(need));
    return need;
  }

  #leave(need: Need, listener: Listener): void {
    need.listeners.delete(listener);
    if (need.listeners.size > 0 || this.#needs.get(need.id) !== need) return;
    this.#needs.delete(need.id);
    this.#coverage.remove(need, this.#plan.remove(need));
    for (const feed of this.#refusals.keys())
      if (!this.#plan.has(feed)) this.#refusals.delete(feed);
  }

  async #served(need: Need): Promise<void> {
    const { fault } = this.#members;
    if (fault !== undefined) throw fault;
    const outcome = await this.#wait(need);
    if (outcome === "late" && !this.#coverage.isServedAnywhere(need)) throw this.#unavailable();
    // A node that is down now will be heard again later: what it raised meanwhile is a gap.
    this.#coverage.noteAbsences(need);
  }

  #wait(need: Need): Promise<"served" | "late"> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(SUBSCRIBE_TIMEOUT, () => {
        cancel();
        resolve("late");
      });
      const settle = (then: () => void) => {
        timer.cancel();
        then();
      };
      const cancel = this.#coverage.whenServed(need, {
        served: () => settle(() => resolve("served")),
        refused: (fault) => settle(() => reject(fault)),
      });
    });
  }

  #unavailable(): WireError {
    const why = this.problems().join("; ") || "it did not acknowledge the subscription in time";
    return new WireError("unavailable", `Redis cannot be listened to just now: ${why}`);
  }

  // Topology

  async #look(): Promise<void> {
    const asOf = this.#clock.now();
    try {
      const found = await discover(this.#target, this.#members.informants());
      if (this.#state === "open") await this.#adopt(found, asOf);
      this.#lookProblem = undefined;
    } catch (error) {
      this.#lookProblem = error instanceof Error ? error.message : String(error);
    }
  }

  async #adopt(found: Topology, asOf: number): Promise<void> {
    const previous = this.#coverage.topology;
    const topology = this.#supplanted.filter(found, previous, this.#clock.now());
    if (topology.signature !== previous.signature) this.#reportTopology(topology);
    this.#coverage.follow(topology, asOf);
    this.#doubts.settle(asOf, (id) => topology.primaries.has(id));
    // Where only the address changed, the topology still has the node: its link is gone all the same.
    for (const id of this.#members.dismiss(topology)) this.#coverage.nodeDown(id, asOf);
    const admitted = this.#members.admit(topology);
    // Only the first look waits: later ones must not be held up by a node that hangs.
    if (previous.primaries.size === 0) await admitted;
    await this.#members.checkNotifications();
    this.#askAgain();
  }

  #askAgain(): void {
    if (this.#refusals.size === 0) return;
    this.#refusals.clear();
    for (const id of this.#members.ids()) this.#coverage.retry(id);
  }

  #reportTopology({ primaries }: Topology): void {
    const list = [...primaries.values()].map(({ host, port }) => `${host}:${port}`).sort();
    this.#report({ event: "topology", message: `the primaries are ${list.join(", ")}` });
  }

  // Nodes

  #eventsOf(id: string): MemberEvents {
    const stream = new NodeStream(id, this.#target.kind === "cluster");
    return {
      up: (port) => {
        this.#report({ event: "node_up", node: id, message: "the node is listened to" });
        this.#tellMore(id);
        this.#fenced({ node: id, id: stream.begin(), kind: "link", note: "" });
        this.#coverage.nodeUp(id, port);
      },
      down: (lastGood, cause) => {
        this.#report({ event: "node_down", node: id, message: cause });
        this.#coverage.nodeDown(id, Math.min(lastGood, this.#doubts.forget(id)));
        this.refresh();
      },
      acknowledged: (feed) => {
        stream.cut();
        this.#refusals.delete(feed);
        this.#coverage.acknowledged(id, feed);
      },
      refused: (feed, error) => this.#refused(id, feed, error),
      message: (feed, channel, payload) => this.#receive(stream, id, feed, channel, payload),
      marked: (payload) => {
        const fence = stream.mark(payload);
        if (fence === undefined) return;
        this.#fenced({ node: id, id: fence.id, kind: "raised", note: fence.note });
      },
      unmarked: ({ message }) => {
        const lost = "so what libraries write cannot be told from what others do";
        const text = `Redis refuses subscribe ${MARKS_CHANNEL}, ${lost}: ${message}`;
        this.#report({ event: "refused", node: id, message: text });
      },
      answered: () => stream.calm(),
      flushed: (lastGood) => this.#tellGap(id, "flushed", lastGood),
      doubted: () => {
        this.#doubts.raise(id, this.#clock.now());
        this.refresh();
      },
      resumed: (lastGood) => this.#tellGap(id, "resubscribed", lastGood),
    };
  }

  #receive(stream: NodeStream, node: string, feed: Feed, channel: Buffer, payload: Buffer): void {
    const parsed = parseNotification(channel, payload);
    if (parsed === undefined) return;
    const { db, key, event } = parsed;
    const telling = stream.read(feed, parsed, this.#clock.now());
    const { notification, needs } = telling;
    if (this.#migrations === undefined || telling.isTold) {
      this.#coverage.route(node, feed, db, key, event, (need) => need.tell(notification));
      return;
    }
    // Who is served by the feed is a matter of the message's place in the stream, so it is asked now.
    const isAdmitted = needs.length > 0;
    this.#coverage.route(node, feed, db, key, event, (need) => needs.push(need));
    if (isAdmitted || needs.length === 0) return;
    this.#doubts.pass(node, () => {
      this.#migrations?.admit(notification, () => {
        telling.isTold = true;
        for (const need of needs) need.tell(notification);
      });
    });
  }

  #fenced(fence: Fence): void {
    for (const listener of this.#fenceListeners) listener.raised(fence);
    const passed = () => {
      for (const listener of this.#fenceListeners) listener.passed(fence);
    };
    if (this.#migrations === undefined) passed();
    else this.#doubts.pass(fence.node, () => this.#migrations?.barrier(passed));
  }

  #newFilter(): MigrationFilter {
    return new MigrationFilter({
      topology: () => this.#coverage.topology,
      now: () => this.#clock.now(),
      fateOf: (node, key) => this.#fateOf(node, key),
      stale: () => this.refresh(),
    });
  }

  async #fateOf(id: string, key: Buffer): Promise<Fate> {
    const control = this.#members.control(id);
    if (control === undefined) throw new Error(`node ${id} is not connected`);
    return fateOf(control, key, (address) => {
      this.refresh();
      return this.#members.controlAt(address);
    });
  }

  #tellMore(id: string): void {
    if (this.#extraFlags === "") return;
    this.#members.want(this.#extraFlags).catch((error: Error) => {
      this.#report({ event: "refused", node: id, message: error.message });
    });
  }

  #refused(id: string, feed: Feed, error: Error): void {
    this.#refusals.set(feed, error);
    const message = `Redis refuses ${feed.kind} ${feedName(feed)}: ${error.message}`;
    this.#report({ event: "refused", node: id, message });
    const fault = error instanceof WireError ? error : new WireError("forbidden", message);
    this.#coverage.refused(id, feed, fault);
  }

  #tellGap(id: string, reason: Gap["reason"], from: number): void {
    const event = reason === "flushed" ? "flushed" : "notifications_mended";
    this.#report({ event, node: id, message: "events may be missing" });
    const gap = { reason, from, to: this.#clock.now() };
    for (const need of this.#coverage.servedOn(id)) need.tellGap(gap);
  }
}
