import { type Interest, parseChannel, SLOTS, slotOf } from "@keywire/shared";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Coverage } from "./coverage.js";
import { feedName } from "./feed.js";
import { keyEvent } from "./grammar.js";
import type { Feed } from "./need.js";
import { Need } from "./need.js";
import type { NodePort } from "./node-feeds.js";
import { FeedPlan } from "./plan.js";
import { Topology } from "./topology.js";

/** What travels from a node to the gateway, in order. */
type Sent =
  | { readonly kind: "ack"; readonly feed: Feed }
  | { readonly kind: "message"; readonly feed: Feed; readonly key: string; readonly id: number };

/** A Redis node as far as pub/sub goes: commands and messages take their time, and keep their order. */
class SimulatedNode implements NodePort {
  readonly id: string;
  readonly lastGood = Number.POSITIVE_INFINITY;
  readonly guardedSince = () => undefined;
  readonly probe = () => {};
  readonly #commands: { readonly name: "subscribe" | "unsubscribe"; readonly feed: Feed }[] = [];
  readonly #sent: Sent[] = [];
  readonly #subscribed = new Map<string, Feed>();

  constructor(id: string) {
    this.id = id;
  }

  subscribe(feed: Feed): void {
    this.#commands.push({ name: "subscribe", feed });
  }

  unsubscribe(feed: Feed): void {
    this.#commands.push({ name: "unsubscribe", feed });
  }

  /** The node reads one command. */
  read(): boolean {
    const command = this.#commands.shift();
    if (command === undefined) return false;
    const name = `${command.feed.kind} ${feedName(command.feed)}`;
    if (command.name === "unsubscribe") {
      this.#subscribed.delete(name);
    } else {
      this.#subscribed.set(name, command.feed);
      this.#sent.push({ kind: "ack", feed: command.feed });
    }
    return true;
  }

  /** A key of the node changes: once for each subscription that matches, exact ones first. */
  raise(key: string, id: number): void {
    const feeds = [...this.#subscribed.values()].sort((a, b) => a.kind.localeCompare(b.kind) * -1);
    for (const feed of feeds) {
      const isHeard = feed.glob === undefined ? true : feed.glob.matches(Buffer.from(key));
      if (isHeard) this.#sent.push({ kind: "message", feed, key, id });
    }
  }

  /** The gateway receives one message of the stream. */
  deliver(coverage: Coverage, tell: (need: Need, id: number) => void): boolean {
    const sent = this.#sent.shift();
    if (sent?.kind === "ack") coverage.acknowledged(this.id, sent.feed);
    if (sent?.kind === "message") {
      const { feed, key, id } = sent;
      const said = keyEvent({ db: 0, key: Buffer.from(key), latin1: key, isPlain: true }, "set");
      coverage.route(this.id, feed, said, (need) => tell(need, id));
    }
    return sent !== undefined;
  }

  get channels(): string[] {
    return [...this.#subscribed.keys()];
  }
}

/** Three primaries, their slots in thirds. */
function threeNodes(): Topology {
  const ids = ["A", "B", "C"];
  const owners = Array.from({ length: SLOTS }, (_, slot) => ids[Math.floor((slot * 3) / SLOTS)]);
  const primaries = ids.map((id, at) => {
    const first = Math.ceil((at * SLOTS) / 3);
    const last = Math.ceil(((at + 1) * SLOTS) / 3) - 1;
    return { id, host: id, port: 1, slots: [[first, last] as const], epoch: 1 };
  });
  return new Topology(primaries, owners);
}

type Action =
  | { readonly do: "subscribe" | "unsubscribe"; readonly of: Interest }
  | { readonly do: "raise"; readonly of: string }
  | { readonly do: "read" | "deliver"; readonly at: number }
  | { readonly do: "drain" };

/** A gateway with one plan, and everything each need should have heard, and heard. */
class Model {
  readonly plan = new FeedPlan(2);
  readonly coverage = new Coverage(this.plan, () => 1);
  readonly topology = threeNodes();
  readonly nodes = ["A", "B", "C"].map((id) => new SimulatedNode(id));
  readonly needs = new Map<
    string,
    { need: Need; heard: number[]; owed: number[]; served: boolean }
  >();
  #raised = 0;

  constructor() {
    this.coverage.follow(this.topology, 1);
    for (const node of this.nodes) this.coverage.nodeUp(node.id, node);
  }

  subscribe(interest: Interest): void {
    const need = new Need(interest);
    if (this.needs.has(need.id)) return;
    const record = { need, heard: [] as number[], owed: [] as number[], served: false };
    this.needs.set(need.id, record);
    this.coverage.apply(this.plan.add(need));
    this.coverage.whenServed(need, {
      served: () => {
        record.served = true;
      },
      refused: () => {},
    });
  }

  unsubscribe(interest: Interest): void {
    const record = this.needs.get(new Need(interest).id);
    if (record === undefined) return;
    this.needs.delete(record.need.id);
    this.coverage.remove(record.need, this.plan.remove(record.need));
  }

  raise(key: string): void {
    const id = this.#raised++;
    const owner = this.topology.ownerOf(slotOf(Buffer.from(key)));
    for (const { need, owed, served } of this.needs.values()) {
      const concerns = need.glob?.matches(Buffer.from(key)) ?? true;
      if (served && concerns) owed.push(id);
    }
    this.nodes.find((node) => node.id === owner)?.raise(key, id);
  }

  step(index: number, what: "read" | "deliver"): boolean {
    const node = this.nodes[index];
    if (what === "read") return node?.read() ?? false;
    return (
      node?.deliver(this.coverage, (need, id) => this.needs.get(need.id)?.heard.push(id)) ?? false
    );
  }

  get mostPatterns(): number {
    const patterns = (node: SimulatedNode) =>
      node.channels.filter((name) => name.startsWith("psubscribe")).length;
    return Math.max(...this.nodes.map(patterns));
  }

  get mostChannels(): number {
    return Math.max(...this.nodes.map((node) => node.channels.length));
  }

  run(action: Action): void {
    switch (action.do) {
      case "raise":
        this.raise(action.of);
        break;
      case "subscribe":
        this.subscribe(action.of);
        break;
      case "unsubscribe":
        this.unsubscribe(action.of);
        break;
      case "drain":
        this.drain();
        break;
      default:
        this.step(action.at, action.do);
    }
  }

  drain(): void {
    for (let idle = false; !idle; ) {
      idle = true;
      for (const index of [0, 1, 2]) {
        while (this.step(index, "read")) idle = false;
        while (this.step(index, "deliver")) idle = false;
      }
    }
  }
}

const channel = fc
  .constantFrom(
    "key:a1",
    "key:a1",
    "key:b1",
    "prefix:a",
    "prefix:b",
    "prefix:",
    "pattern:*1",
    "pattern:?2",
    "event:set",
  )
  .map((name) => parseChannel(name));
const key = fc.constantFrom("a1", "a2", "b1", "b2");
const action = fc.oneof(
  { weight: 3, arbitrary: channel.map((of) => ({ do: "subscribe", of }) as const) },
  { weight: 2, arbitrary: channel.map((of) => ({ do: "unsubscribe", of }) as const) },
  { weight: 6, arbitrary: key.map((of) => ({ do: "raise", of }) as const) },
  { weight: 4, arbitrary: fc.nat({ max: 2 }).map((at) => ({ do: "read", at }) as const) },
  { weight: 6, arbitrary: fc.nat({ max: 2 }).map((at) => ({ do: "deliver", at }) as const) },
  // Most take-overs begin from a state in which everything is acknowledged.
  { weight: 2, arbitrary: fc.constant({ do: "drain" } as const) },
);

describe("Coverage", () => {
  it("tells every need each event once, whatever feeds come, go and take over meanwhile", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200, size: "max" }), (actions) => {
        const model = new Model();
        for (const each of actions) model.run(each);
        model.drain();
        for (const { heard, owed } of model.needs.values()) {
          expect(new Set(heard).size).toBe(heard.length);
          expect(heard.filter((id) => owed.includes(id)).sort()).toEqual([...owed].sort());
        }
      }),
      { numRuns: 300 },
    );
  });

  it("leaves nothing subscribed when the last need is gone, and one subscription per need at most", () => {
    fc.assert(
      fc.property(
        fc.array(channel, { maxLength: 12, size: "max" }),
        fc.array(fc.nat({ max: 2 }), { maxLength: 6, size: "max" }),
        (channels, steps) => {
          const model = new Model();
          for (const interest of channels) {
            model.subscribe(interest);
            for (const at of steps) model.step(at, "read");
          }
          model.drain();
          expect(model.mostPatterns).toBeLessThanOrEqual(2);
          expect(model.mostChannels).toBeLessThanOrEqual(model.needs.size);
          for (const interest of channels) model.unsubscribe(interest);
          model.drain();
          expect(model.mostChannels).toBe(0);
          expect([...model.plan.feeds()]).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
