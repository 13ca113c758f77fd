import { type Clock, type Interest, systemClock, WireError } from "@keywire/shared";
import { Coverage } from "./coverage.js";
import { discover, show } from "./discovery.js";
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
import { isRefusal, type NotifyMode } from "./notify.js";
import { DEFAULT_PATTERN_BUDGET, FeedPlan } from "./plan.js";
import { NodeStream } from "./stream.js";
import { Supplanted } from "./supplanted.js";
import { parseRedisUrl, type RedisTarget } from "./target.js";
import type { Topology } from "./topology.js";

/** ms a subscription may take to be acknowledged before it is given up. */
const SUBSCRIBE_TIMEOUT = 5_000;

/** ms between two checks of a node's notifications, at least: some looks come in quick succession. */
const CHECK_INTERVAL = 900;

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
  /** What nodes are to tell beyond what feeds need. */
  #extraFlags = "";
  /** What nodes refuse, by node. */
  readonly #refusals = new Map<string, Map<Feed, Error>>();
  /** When the nodes' notifications were last looked after. */
  #checkedAt = Number.NEGATIVE_INFINITY;
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
    this.#coverage = new Coverage(
      this.#plan,
      () => clock.now(),
      (id, need) => this.#has(id, need),
    );
    const member = { target: this.#target, notify: options.notify ?? "auto", clock };
    this.#members = new Members(member, (id) => this.#eventsOf(id));
    this.#lookout = new Lookout(
      clock,
      () => this.#look(),
      () => this.#coverage.hasOutages,
    );
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
    const refused = [...this.#refusals.values()].flatMap((feeds) => [...feeds]);
    const reasons = refused.map(([feed, error]) => refusalOf(feed, error));
    problems.push(...new Set(reasons));
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
    for (const refused of this.#refusals.values()) {
      for (const feed of refused.keys()) if (!this.#plan.has(feed)) refused.delete(feed);
    }
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
    this.#reportTopology(topology, previous);
    this.#coverage.follow(topology, asOf, (id) => this.#doubts.since(id));
    this.#doubts.settle(asOf, (id) => {
      if (!topology.primaries.has(id)) return "other";
      return topology.heard.has(id) ? "primary" : "unknown";
    });
    // Where only the address changed, the topology still has the node: its link is gone all the same.
    for (const id of this.#members.dismiss(topology)) {
      this.#refusals.delete(id);
      this.#coverage.nodeDown(id, Math.min(asOf, this.#doubts.forget(id)));
    }
    this.#members.follow(topology);
    const admitted = this.#members.admit(topology);
    // Only the first look waits: later ones must not be held up by a node that hangs.
    if (previous.primaries.size === 0) await admitted;
    if (asOf - this.#checkedAt >= CHECK_INTERVAL) {
      this.#checkedAt = asOf;
      await this.#members.checkNotifications();
      this.#askAgain();
    }
  }

  /** What was refused stays refused until it is acknowledged, or its node is gone. */
  #askAgain(): void {
    for (const [id, refused] of this.#refusals) if (refused.size > 0) this.#coverage.retry(id);
  }

  #reportTopology(topology: Topology, previous: Topology): void {
    const list = addresses(topology);
    if (list === addresses(previous)) return;
    this.#report({ event: "topology", message: `the primaries are ${list}` });
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
        // What it may have told before it is heard is known the sooner, the less of it there is.
        this.refresh();
      },
      down: (lastGood, cause) => {
        this.#report({ event: "node_down", node: id, message: cause });
        this.#refusals.delete(id);
        this.#coverage.nodeDown(id, Math.min(lastGood, this.#doubts.forget(id)));
        this.refresh();
      },
      acknowledged: (feed) => {
        stream.cut();
        this.#refusals.get(id)?.delete(feed);
        this.#coverage.acknowledged(id, feed);
        // That nothing was written there before is known by a look from now on.
        if (this.#isApproaching(feed, id)) this.refresh();
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
      nextLook: () => this.#lookout.next(),
    });
  }

  /** The feed's slot is on its way to the node, which nobody asks for its keys yet. */
  #isApproaching({ slot }: Feed, id: string): boolean {
    const { migrations } = this.#coverage.topology;
    return migrations.some((move) => move.slot === slot && move.to === id && !move.isAsking);
  }

  async #has(id: string, { interest }: Need): Promise<boolean> {
    const control = this.#members.control(id);
    if (control === undefined || interest.kind !== "key" || interest.db !== 0) return false;
    return (await control.object("ENCODING", Buffer.from(interest.bytes))) !== null;
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
    const known = this.#refusals.get(id) ?? new Map<Feed, Error>();
    this.#refusals.set(id, known.set(feed, error));
    const message = refusalOf(feed, error);
    this.#report({ event: "refused", node: id, message });
    // Only what the server itself said is its last word; others may be better off in a moment.
    const code = isRefusal(error) ? "forbidden" : "unavailable";
    const fault = error instanceof WireError ? error : new WireError(code, message);
    this.#coverage.refused(id, feed, fault);
  }

  #tellGap(id: string, reason: Gap["reason"], from: number): void {
    const event = reason === "flushed" ? "flushed" : "notifications_mended";
    this.#report({ event, node: id, message: "events may be missing" });
    const gap = { reason, from, to: this.#clock.now() };
    for (const need of this.#coverage.servedOn(id)) need.tellGap(gap);
  }
}

function addresses({ primaries }: Topology): string {
  return [...primaries.values()].map(show).sort().join(", ");
}

function refusalOf(feed: Feed, error: Error): string {
  const what = isRefusal(error) ? "refuses" : "does not answer";
  return `Redis ${what} ${feed.kind} ${feedName(feed)}: ${error.message}`;
}
