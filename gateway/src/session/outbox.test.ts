import type { GapMessage } from "@keywire/shared";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Outbox } from "./outbox.js";
import type { Outgoing } from "./ports.js";
import { shed } from "./shed.js";
import { answerWithKeys, gapMessage, single, snapshotMessage } from "./single.js";
import { batchOf } from "./testing/fake-channels.js";
import { FakeTransport } from "./testing/fake-transport.js";
import { TurnQueue } from "./turn-queue.js";

const LIMIT = 4_000;
const pong = single({ type: "pong" });

class Bench {
  readonly transport: FakeTransport;
  readonly outbox: Outbox;
  dropped = 0;
  sent = 0;
  due = 0;
  /** Ends the turn. */
  endTurn = () => {};
  /** Channels that were asked for anew, and those of them that can be. */
  readonly resyncs: string[] = [];
  readonly renewed = new Set<string>();

  constructor(capacity: number, policy: "gap" | "disconnect" = "gap") {
    this.transport = new FakeTransport(capacity);
    this.outbox = new Outbox(
      this.transport,
      {
        limit: LIMIT,
        policy,
        turn: new TurnQueue((task) => {
          this.due += 1;
          this.endTurn = task;
        }),
        dropped: (count) => {
          this.dropped += count;
        },
        sent: (bytes) => {
          this.sent += bytes;
        },
      },
      {
        resync: (channel) => {
          this.resyncs.push(channel);
          return this.renewed.has(channel);
        },
      },
    );
    this.transport.drained = () => this.outbox.drained();
  }

  /** Fills the transport, so that everything behind it waits. */
  static stalled(policy?: "gap" | "disconnect"): Bench {
    const bench = new Bench(1, policy);
    bench.outbox.push(pong);
    bench.outbox.flush();
    return bench;
  }
}

describe("a client that keeps up", () => {
  it("is written to once per turn, whatever the turn brought", () => {
    const bench = new Bench(Number.POSITIVE_INFINITY);
    for (let offset = 1; offset <= 5; offset++) bench.outbox.push(batchOf("a", "e", offset, 1));
    expect(bench.due).toBe(1);
    expect(bench.transport.writes).toBe(0);
    bench.endTurn();
    expect(bench.transport.writes).toBe(1);
    expect(bench.transport.texts).toHaveLength(5);
    bench.outbox.push(pong);
    expect(bench.due).toBe(2);
  });

  it("loses nothing to the bound: what would exceed it is written at once", () => {
    const bench = new Bench(Number.POSITIVE_INFINITY);
    for (let offset = 1; offset <= 500; offset++) bench.outbox.push(batchOf("a", "e", offset, 1));
    bench.outbox.flush();
    expect(bench.dropped).toBe(0);
    expect(bench.transport.texts).toHaveLength(500);
  });
});

describe("a client that does not", () => {
  it("gets what waited in slices, as it takes them", () => {
    const transport = new FakeTransport(1);
    const outbox = new Outbox(
      transport,
      {
        limit: 1_000_000,
        policy: "gap",
        turn: new TurnQueue(() => {}),
        dropped: () => {},
        sent: () => {},
      },
      { resync: () => false },
    );
    transport.drained = () => outbox.drained();
    for (let offset = 1; offset <= 4_000; offset++) outbox.push(batchOf("a", "e", offset, 1));
    outbox.flush();
    expect(transport.texts.length).toBeLessThan(2_000);
    for (let round = 0; round < 10; round++) transport.take();
    expect(transport.texts).toHaveLength(4_000);
  });

  it("is told of what was dropped in its place, the newest last", () => {
    const bench = Bench.stalled();
    bench.outbox.push(single({ type: "subscribed", channel: "a", epoch: "e", offset: 0 }));
    let offset = 0;
    while (bench.dropped === 0) bench.outbox.push(batchOf("a", "e", ++offset, 1));
    bench.outbox.push(pong);
    bench.transport.take();
    bench.transport.take();
    bench.transport.take();
    bench.transport.take();
    expect(bench.transport.messages.slice(1)).toEqual([
      expect.objectContaining({ type: "subscribed" }),
      {
        type: "gap",
        channel: "a",
        offset: offset - 1,
        reason: "slow_consumer",
        from: 10,
        to: (offset - 1) * 10,
        missed: offset - 1,
      },
      expect.objectContaining({ type: "event", offset }),
      { type: "pong" },
    ]);
    expect(bench.dropped).toBe(offset - 1);
  });

  it("is spared what is larger than its bound by itself", () => {
    const bench = Bench.stalled();
    bench.outbox.push(batchOf("a", "e", 1, 200));
    expect(bench.outbox.bytes).toBeLessThan(200);
    bench.transport.take();
    expect(bench.transport.messages.slice(1)).toMatchObject([{ type: "gap", missed: 200 }]);
  });

  it("is told the reason it waits for where a gap was due anyway, and nobody knows what nobody knew", () => {
    const bench = Bench.stalled();
    const gap = { missed: null, offset: 7, from: 1, to: 2 };
    bench.outbox.push(gapMessage("a", "e", { ...gap, reason: "gateway_restarted" }));
    for (let offset = 8; bench.dropped === 0; offset++) {
      bench.outbox.push(batchOf("a", "e", offset, 1));
    }
    bench.transport.take();
    const [told] = bench.transport.of("gap");
    expect(told).toMatchObject({ reason: "gateway_restarted", missed: null, from: 1 });
    expect(told?.offset).toBe(bench.dropped + 7);
  });

  it("is given up at the bound where that is the policy", () => {
    const bench = Bench.stalled("disconnect");
    let offset = 0;
    while (bench.outbox.push(batchOf("a", "e", ++offset, 1)));
    expect(bench.dropped).toBe(0);
    expect(bench.outbox.bytes).toBeLessThan(LIMIT + 200);
  });

  it("is given up where it reads no answers either", () => {
    const bench = Bench.stalled();
    let count = 0;
    while (bench.outbox.push(pong)) expect(++count).toBeLessThan(LIMIT);
    expect(bench.outbox.bytes).toBeGreaterThan(LIMIT);
  });

  it("is sent nothing any more once it is closed", () => {
    const bench = Bench.stalled();
    bench.outbox.push(pong);
    bench.outbox.close();
    expect(bench.outbox.push(pong)).toBe(true);
    bench.transport.take();
    expect(bench.transport.writes).toBe(1);
    expect(bench.outbox.bytes).toBe(0);
  });
});

/** What a client knows of a channel, and all that it was told. */
class Reader {
  readonly #places = new Map<string, number>();
  readonly #seen = new Map<string, number>();
  pongs = 0;

  read(message: Readonly<Record<string, unknown>>): void {
    const channel = String(message["channel"]);
    const offset = Number(message["offset"]);
    switch (message["type"]) {
      case "subscribed":
        this.#places.set(channel, offset);
        break;
      case "unsubscribed":
        this.#places.delete(channel);
        break;
      case "pong":
        this.pongs += 1;
        break;
      case "event":
        this.#move(channel, offset, 1);
        break;
      case "gap":
        this.#gap(channel, message as unknown as GapMessage);
        break;
    }
  }

  /** Events of a channel that were shown, or stood for by a gap. */
  accountedFor(channel: string): number {
    return this.#seen.get(channel) ?? 0;
  }

  #gap(channel: string, { offset, missed, from, to }: GapMessage): void {
    expect(missed).toBeGreaterThan(0);
    expect(to).toBe(offset * 10);
    expect(from).toBe((offset - Number(missed) + 1) * 10);
    this.#move(channel, offset, Number(missed));
  }

  #move(channel: string, offset: number, by: number): void {
    expect(offset).toBe((this.#places.get(channel) ?? Number.NaN) + by);
    this.#places.set(channel, offset);
    this.#seen.set(channel, this.accountedFor(channel) + by);
  }
}

const CHANNELS = ["a", "b", "c"] as const;
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.constant("events"), fc.nat(2), fc.integer({ min: 1, max: 30 })),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant("subscribe"), fc.nat(2), fc.nat(50)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("answer"), fc.nat(2), fc.nat(1)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("end turn"), fc.nat(2), fc.nat(1)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("flush"), fc.nat(2), fc.nat(1)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("take"), fc.nat(2), fc.nat(1)) },
);
/** Few enough that what cannot be dropped stays within the bound. */
const MOST_ANSWERS = 50;
const MOST_SUBSCRIPTIONS = 20;
/** Bytes of one gap, at the most. */
const GAP = 160;

/** What the gateway's side of the story did, and what a client makes of it. */
class Story {
  readonly bench: Bench;
  readonly #offsets = new Map<string, number>();
  readonly #told = new Map<string, number>();
  #answers = 0;
  #epochs = 0;

  constructor(capacity: number) {
    this.bench = new Bench(capacity);
    for (const name of CHANNELS) this.#subscribe(name, 0);
  }

  take([what, index, count]: readonly [string, number, number]): void {
    const channel = CHANNELS[index] ?? "a";
    const last = this.#offsets.get(channel) ?? 0;
    if (what === "events") this.#tell(channel, last, count);
    // Offsets of the new one may well go on where those of the old one ended.
    else if (what === "subscribe") this.#subscribe(channel, count < 25 ? last : count);
    else if (what === "answer") this.#answer();
    else if (what === "end turn") this.bench.endTurn();
    else if (what === "flush") this.bench.outbox.flush();
    else this.bench.transport.take();
    const gaps = (MOST_SUBSCRIPTIONS + CHANNELS.length) * GAP;
    expect(this.bench.outbox.bytes).toBeLessThanOrEqual(LIMIT + gaps);
  }

  end(): void {
    const { outbox, transport } = this.bench;
    this.bench.endTurn();
    while (outbox.bytes > 0) transport.take();
    const bytes = transport.texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    // Messages that go out together have a line break between them.
    expect(this.bench.sent).toBeGreaterThanOrEqual(bytes);
    expect(this.bench.sent).toBeLessThan(bytes + transport.texts.length);
    const reader = new Reader();
    for (const message of transport.messages) reader.read({ ...message });
    for (const name of CHANNELS) expect(reader.accountedFor(name)).toBe(this.#told.get(name) ?? 0);
    expect(reader.pongs).toBe(this.#answers);
    const all = [...this.#told.values()].reduce((sum, count) => sum + count, 0);
    expect(transport.of("event").length + this.bench.dropped).toBe(all);
  }

  #tell(channel: string, last: number, count: number): void {
    this.#push(batchOf(channel, `e${this.#epochs}`, last + 1, count));
    this.#offsets.set(channel, last + count);
    this.#told.set(channel, (this.#told.get(channel) ?? 0) + count);
  }

  #subscribe(channel: string, offset: number): void {
    if (this.#epochs >= MOST_SUBSCRIPTIONS) return;
    this.#epochs += 1;
    this.#offsets.set(channel, offset);
    this.#push(single({ type: "subscribed", channel, epoch: `e${this.#epochs}`, offset }));
  }

  #answer(): void {
    if (this.#answers >= MOST_ANSWERS) return;
    this.#answers += 1;
    this.#push(pong);
  }

  #push(item: Outgoing): void {
    expect(this.bench.outbox.push(item)).toBe(true);
  }
}

it("shows contiguous offsets but for gaps that count, whatever the client takes when", () => {
  const steps = fc.array(step, { maxLength: 150, size: "max" });
  let dropped = 0;
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 6_000 }), (all, capacity) => {
      const story = new Story(capacity);
      for (const one of all) story.take(one);
      story.end();
      dropped += story.bench.dropped;
    }),
    { numRuns: 500 },
  );
  // The stories are about what they claim to be about.
  expect(dropped).toBeGreaterThan(10_000);
});

describe("a channel with snapshots, of which a client did not get it all", () => {
  it("is asked for anew once the client keeps up, behind one gap for all that waited", () => {
    const bench = Bench.stalled();
    bench.renewed.add("a");
    for (let offset = 1; offset <= 300; offset++) {
      bench.outbox.push(batchOf("a", "e", offset, 1));
      bench.outbox.push(batchOf("b", "e", offset, 1));
    }
    expect(bench.dropped).toBeGreaterThan(0);
    expect(bench.resyncs).toEqual([]);
    for (let round = 0; round < 20; round++) bench.transport.take();
    expect(bench.resyncs.sort()).toEqual(["a", "b"]);
    const messages = bench.transport.texts.map((text) => JSON.parse(text));
    const ofA = messages.filter(({ channel }) => channel === "a");
    expect(ofA).toMatchObject([{ type: "gap", reason: "slow_consumer", offset: 300, missed: 300 }]);
    expect(messages.filter(({ channel }) => channel === "b").at(-1)).toMatchObject({ offset: 300 });
  });

  it("is asked for anew where the snapshot itself was dropped, and the client is not given up", () => {
    const bench = Bench.stalled();
    bench.renewed.add("a");
    const gap = { missed: 3, offset: 7, from: 1, to: 2, reason: "slow_consumer" } as const;
    const snapshot = [{ key: "x".repeat(LIMIT), value: null }];
    const message = { type: "snapshot", channel: "a", offset: 7, snapshot } as const;
    bench.outbox.push(gapMessage("a", "e", gap));
    expect(bench.outbox.push(snapshotMessage(message, "e", 50))).toBe(true);
    expect(bench.outbox.push(batchOf("a", "e", 8, 2))).toBe(true);
    expect(bench.outbox.bytes).toBeLessThan(LIMIT);
    bench.transport.take();
    expect(bench.resyncs).toEqual(["a"]);
    expect(bench.transport.messages.slice(1)).toMatchObject([
      { type: "gap", channel: "a", offset: 9, missed: 5 },
    ]);
    // There is room now: the new one goes out whole, large as it is.
    bench.transport.take();
    bench.transport.capacity = Number.POSITIVE_INFINITY;
    expect(bench.outbox.push(snapshotMessage({ ...message, offset: 9 }, "e", 60))).toBe(true);
    bench.outbox.flush();
    expect(bench.transport.messages.at(-1)).toMatchObject({ type: "snapshot", offset: 9 });
  });

  it("leaves the client nowhere behind an answer whose keys were dropped, until the gap is told", () => {
    const snapshot = [{ key: "a", value: null }];
    const answer = { type: "subscribed", channel: "a", epoch: "e", offset: 7, snapshot } as const;
    const { queue } = shed([answerWithKeys(answer, 50)]);
    expect(queue).toMatchObject([
      { type: "subscribed", cursor: undefined },
      { type: "gap", cursor: { epoch: "e", offset: 7 } },
    ]);
  });
});
