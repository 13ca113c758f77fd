import type { Clock, Interest, Timer } from "@keywire/shared";
import { VirtualClock } from "@keywire/shared/testing";
import { LeaseGroup } from "../group.js";
import type {
  Event,
  Fence,
  FenceListener,
  LeaseSettings,
  Missed,
  SourceListener,
} from "../ports.js";
import { LeaseTable, storeOf } from "./fake-store.js";
import { Holding } from "./holding.js";

export const SETTINGS: LeaseSettings = {
  ttl: 4_000,
  backlogEntries: 100_000,
  backlogBytes: 64_000_000,
};

/** How long a question about the leases may go unanswered, ms. */
const STORE_TIMEOUT = 1_000;
/** How long a link to a node that was cut stays down, ms, as its watchdog and its backoff have it. */
const RECONNECT = 1_500;

/** ms between two PINGs on a link. */
const PING_INTERVAL = 1_000;

/** How long a node may take to acknowledge what is subscribed on a new link, ms. */
const SUBSCRIBING = 800;

/** An event as its node raised it. */
export interface Raised {
  readonly id: number;
  readonly node: string;
  readonly key: string;
  readonly part: number;
  /** ms since the Unix epoch, by nobody's clock in particular. */
  readonly at: number;
}

/** What one gateway was told of one. */
export interface Told extends Event {
  readonly id: number;
}

/** One hand-out to a worker. */
export interface HandedOut {
  readonly id: number;
  readonly gateway: string;
  readonly at: number;
  readonly mayBeRepeat: boolean;
  isDone: boolean;
}

/** `asked`: when a PING was sent that the node has answered here. */
type Message = { readonly raised: Raised } | { readonly fence: Fence } | { readonly asked: number };

export const PREFIX: Interest = { kind: "prefix", db: "*", bytes: new Uint8Array() };

/** Pseudo-random numbers from 0 to 1, the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Nodes that raise events, gateways that come and go, and Redis between them; in virtual time. */
export class World {
  readonly clock = new VirtualClock();
  readonly random: () => number;
  readonly settings: LeaseSettings;
  readonly nodes: readonly string[];
  readonly gateways: SimGateway[] = [];
  /** How many of the answers to fences that were raised are lost, from 0 to 1, and when they come, ms. */
  lostAnswers = 0;
  answersWithin = 10;
  readonly raised: Raised[] = [];
  readonly handedOut: HandedOut[] = [];
  readonly missed: (Missed & { readonly gateway: string })[] = [];
  /** Redis' clock is not the gateways': it is ahead by so many ms. */
  redisAhead = 7_777;
  readonly table = new LeaseTable(() => this.clock.now() + this.redisAhead);
  /** Until when nobody is answered about the leases. */
  storeDownUntil = 0;
  #lastGateway = 0;

  constructor(nodes: number, seed = 1, settings: Partial<LeaseSettings> = {}) {
    this.random = random(seed);
    this.settings = { ...SETTINGS, ...settings };
    this.nodes = Array.from({ length: nodes }, (_, index) => `node${index + 1}`);
  }

  /** A node raises an event of a key, which lives on one node alone. */
  write(key: number): void {
    const part = key % 64;
    const node = this.nodes[part % this.nodes.length] ?? "";
    const id = this.raised.length;
    const raised = { id, node, key: `${part}:${key}`, part, at: this.clock.now() };
    this.raised.push(raised);
    this.send(node, { raised });
  }

  send(node: string, message: Message): void {
    for (const gateway of this.gateways) gateway.links.get(node)?.push(message);
  }

  async join(): Promise<SimGateway> {
    this.#lastGateway++;
    const gateway = new SimGateway(this, `g${this.#lastGateway}`);
    this.gateways.push(gateway);
    await gateway.start();
    return gateway;
  }

  living(): SimGateway[] {
    return this.gateways.filter(({ state }) => state !== "dead" && state !== "stopped");
  }

  /** The hand-outs of one event. */
  handOutsOf(id: number): HandedOut[] {
    return this.handedOut.filter((one) => one.id === id);
  }
}

/** A gateway's link to a node: messages come in their order, a moment later. */
class Link {
  readonly #gateway: SimGateway;
  readonly #node: string;
  readonly #world: World;
  #queue: Message[] = [];
  #timer: Timer | undefined;
  #after: string | undefined;
  readonly #holding: Holding;
  #links = 0;
  state: "ready" | "down" = "ready";
  /** Whether the node has acknowledged the subscriptions: it tells of marks before that. */
  #isServing = true;
  since: number;
  #lastGood: number;

  constructor(world: World, gateway: SimGateway, node: string) {
    this.#world = world;
    this.#gateway = gateway;
    this.#node = node;
    this.since = world.clock.now();
    this.#lastGood = this.since;
    this.#holding = new Holding({
      clock: world.clock,
      random: () => world.random(),
      whenAwake: (task) => gateway.whenAwake(task),
      passed: (fence) => gateway.passed(fence),
    });
    this.#begin();
    this.#ping();
  }

  /** Up to when all that the node raised has come. */
  get lastGood(): number {
    return this.state === "ready" ? this.#lastGood : Number.POSITIVE_INFINITY;
  }

  push(message: Message): void {
    if (this.state === "down" || this.#gateway.state === "dead") return;
    if ("raised" in message && !this.#isServing) return;
    this.#queue.push(message);
    this.#deliverSoon();
  }

  /** What was under way is lost. */
  cut(ms: number): void {
    if (this.state === "down") return;
    const lastGood = this.#lastGood;
    this.state = "down";
    this.#isServing = false;
    this.since = this.#world.clock.now();
    this.#queue = [];
    const serve = () => {
      this.#isServing = true;
      this.#gateway.whenAwake(() => this.#gateway.gap(lastGood));
    };
    this.#world.clock.after(ms, () => {
      this.state = "ready";
      this.since = this.#world.clock.now();
      this.#gateway.whenAwake(() => this.#begin());
      this.#world.clock.after(this.#world.random() * SUBSCRIBING, serve);
    });
  }

  #ping(): void {
    if (this.#gateway.state === "stopped") return;
    this.push({ asked: this.#world.clock.now() });
    this.#world.clock.after(PING_INTERVAL, () => this.#gateway.whenAwake(() => this.#ping()));
  }

  #begin(): void {
    this.#lastGood = this.#world.clock.now();
    this.#links++;
    const id = `link-${this.#gateway.id}-${this.#node}-${this.#links}`;
    this.#after = id;
    this.#fence({ node: this.#node, id, kind: "link", note: "" });
  }

  #deliverSoon(): void {
    this.#timer ??= this.#world.clock.after(1 + this.#world.random() * this.#gateway.lag, () => {
      this.#timer = undefined;
      this.#gateway.whenAwake(() => this.#deliver());
    });
  }

  #deliver(): void {
    const messages = this.#queue;
    this.#queue = [];
    for (const message of messages) {
      if ("asked" in message) this.#lastGood = message.asked;
      else if ("fence" in message) {
        this.#after = message.fence.id;
        this.#fence(message.fence);
      } else this.#tell(message.raised, this.#after);
    }
  }

  #tell(raised: Raised, after: string | undefined): void {
    const receivedAt = this.#gateway.now();
    const tell = () => this.#gateway.tell(raised, after, receivedAt);
    this.#holding.tell(raised.key, this.#gateway.holds, tell);
  }

  #fence(fence: Fence): void {
    this.#gateway.raised(fence);
    this.#holding.fence(fence);
  }
}

/** One gateway: living, frozen (nothing of it runs), dead, or stopped in order. */
export class SimGateway implements Clock {
  readonly id: string;
  readonly #world: World;
  readonly links = new Map<string, Link>();
  readonly group: LeaseGroup<Told>;
  readonly told = new Set<number>();
  readonly faults: unknown[] = [];
  /** How long the worker takes at most, ms. */
  pace = 30;
  /** How late it is told at most, ms. */
  lag = 20;
  /** How many of the events it is told are held back, from 0 to 1. */
  holds = 0;
  state: "living" | "frozen" | "dead" | "stopping" | "stopped" = "living";
  #waiting: (() => void)[] = [];
  #listener: SourceListener<Told> | undefined;
  #fenceListener: FenceListener | undefined;
  readonly #skew: number;

  constructor(world: World, id: string) {
    this.#world = world;
    this.id = id;
    this.#skew = Math.floor(world.random() * 2_000) - 1_000;
    const store = storeOf(world.table, id, world.settings.ttl, (change) => this.#ask(change));
    this.group = new LeaseGroup<Told>(
      "work",
      {
        source: {
          subscribe: async (_, listener) => {
            this.#listener = listener;
            return {
              unsubscribe: async () => {
                this.#listener = undefined;
              },
            };
          },
        },
        fences: {
          nodes: () =>
            [...this.links].map(([node, { state, since }]) => {
              return { id: node, state, since: since + this.#skew };
            }),
          heardUntil: () => {
            const all = [...this.links.values()].map(({ lastGood }) => lastGood);
            return Math.min(world.clock.now(), ...all) + this.#skew;
          },
          raise: (node, fence, note) => this.#raise(node, fence, note),
          listen: (listener) => {
            this.#fenceListener = listener;
            return () => {
              this.#fenceListener = undefined;
            };
          },
        },
        store,
        clock: this,
        monotonic: () => world.clock.now(),
        slotOf: (key) => Number.parseInt(Buffer.from(key).toString(), 10) << 8,
        gatewayId: id,
        report: {
          taken: () => {},
          lapsed: () => {},
          missed: () => {},
          repeated: () => {},
          trouble: () => {},
          fault: (error) => this.faults.push(error),
        },
      },
      world.settings,
      {
        take: (event, done, mayBeRepeat) => this.#work(event, done, mayBeRepeat),
        missed: (missed) => {
          const from = missed.from - this.#skew;
          const to = missed.to - this.#skew;
          world.missed.push({ ...missed, from, to, gateway: id });
        },
      },
    );
  }

  async start(): Promise<void> {
    this.group.start();
    for (const node of this.#world.nodes) this.links.set(node, new Link(this.#world, this, node));
    await this.group.setInterests([PREFIX]);
  }

  async stop(within = 5_000): Promise<void> {
    this.state = "stopping";
    await this.group.stop(within);
    this.state = "stopped";
  }

  kill(): void {
    this.state = "dead";
    this.#waiting = [];
  }

  freeze(ms: number): void {
    if (this.state !== "living") return;
    this.state = "frozen";
    this.#world.clock.after(ms, () => {
      if (this.state !== "frozen") return;
      this.state = "living";
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const task of waiting) this.whenAwake(task);
    });
  }

  cut(node: string, ms = RECONNECT * (0.1 + this.#world.random())): void {
    this.links.get(node)?.cut(ms);
  }

  /** The node is no primary any more. */
  forsake(node: string): void {
    this.links.delete(node);
  }

  /** It is one again, under the same id. */
  readmit(node: string): void {
    this.links.set(node, new Link(this.#world, this, node));
  }

  whenAwake(task: () => void): void {
    if (this.state === "frozen") this.#waiting.push(task);
    else if (this.state !== "dead") task();
  }

  tell({ id, node, key }: Raised, after: string | undefined, receivedAt: number): void {
    if (this.#listener === undefined) return;
    this.told.add(id);
    const bytes = Buffer.from(key);
    this.#listener.notification({
      id,
      node,
      db: 0,
      key: bytes,
      event: "set",
      receivedAt,
      after,
    });
  }

  raised(fence: Fence): void {
    this.#fenceListener?.raised(fence);
  }

  passed(fence: Fence): void {
    this.#fenceListener?.passed(fence);
  }

  gap(lastGood: number): void {
    this.#listener?.gap({ from: lastGood + this.#skew, to: this.now() });
  }

  // Its clock

  now(): number {
    return this.#world.clock.now() + this.#skew;
  }

  after(ms: number, fn: () => void): Timer {
    let isCancelled = false;
    const timer = this.#world.clock.after(ms, () => {
      this.whenAwake(() => {
        if (!isCancelled) fn();
      });
    });
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  // What it does

  async #raise(node: string, id: string, note: string): Promise<void> {
    await this.#pause(1 + this.#world.random() * 10);
    if (this.links.get(node)?.state !== "ready") throw new Error("not connected");
    this.#world.send(node, { fence: { node, id, kind: "raised", note } });
    await this.#pause(1 + this.#world.random() * this.#world.answersWithin);
    if (this.#world.random() < this.#world.lostAnswers) throw new Error("the answer was lost");
  }

  async #ask<T>(change: () => T): Promise<T> {
    await this.#pause(1 + this.#world.random() * 10);
    if (this.#world.clock.now() < this.#world.storeDownUntil) {
      await this.#pause(STORE_TIMEOUT);
      throw new Error("no answer");
    }
    const reply = change();
    await this.#pause(1 + this.#world.random() * 10);
    return reply;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  #work({ id }: Told, done: () => void, mayBeRepeat: boolean): void {
    const at = this.#world.clock.now();
    const handedOut = { id, gateway: this.id, at, mayBeRepeat, isDone: false };
    this.#world.handedOut.push(handedOut);
    const finish = () => {
      handedOut.isDone = true;
      done();
    };
    const pace = this.#world.random() * this.pace;
    if (pace < 1) finish();
    else this.after(pace, finish);
  }
}
