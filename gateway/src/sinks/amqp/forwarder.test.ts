import { describe, expect, it } from "vitest";
import { Story, upTo } from "./testing/story.js";

describe("a forwarder", () => {
  it("connects when there is something to send, sends it in order and tells that it is done", async () => {
    const story = new Story();
    await story.clock.advance(5_000);
    expect(story.broker.opened).toBe(0);
    expect(story.first.status().connection.state).toBe("idle");
    story.raise(100);
    await story.clock.advance(100);
    expect(story.arrived()).toEqual(upTo(100));
    expect(story.done.size).toBe(100);
    expect(story.redis.length).toBe(0);
    expect(story.first.status().counts).toMatchObject({
      published: 100,
      confirmed: 100,
      stored: 0,
    });
    await story.close();
    expect(story.clock.pending).toBe(0);
  });

  it("puts events into the fallback while the broker is away, and sends them first when it is back", async () => {
    const story = new Story();
    story.broker.state = "down";
    story.raise(50);
    await story.clock.advance(3_000);
    expect(story.redis.length).toBe(50);
    expect(story.done.size).toBe(50);
    expect(story.first.status()).toMatchObject({
      connection: { state: "waiting", reason: "refused" },
      fallback: { length: 50 },
    });
    story.broker.state = "up";
    story.raise(50);
    await story.clock.advance(20_000);
    story.raise(50);
    await story.clock.advance(1_000);
    expect(story.arrived()).toEqual(upTo(150));
    expect(story.first.status().counts).toMatchObject({ repeated: 0, confirmed: 150 });
    expect(story.redis.length).toBe(0);
    await story.close();
  });

  it("repeats what was under way when the connection was cut, and counts it", async () => {
    const story = new Story();
    story.raise(1);
    await story.clock.advance(100);
    story.raise(200);
    await story.clock.advance(6);
    story.broker.cut((index) => index % 2 === 0);
    await story.clock.advance(5_000);
    expect(story.firsts().length).toBe(201);
    expect(story.arrived().length).toBeGreaterThan(201);
    expect(story.arrived().length - 201).toBeLessThanOrEqual(story.repeated());
    const flagged = story.broker.queue.filter(({ headers }) => headers["repeated"] === true);
    expect(flagged.length).toBe(story.repeated());
    await story.close();
  });

  it("does not wait for a broker that takes nothing: what is under way goes along, in front", async () => {
    const story = new Story();
    story.raise(10);
    await story.clock.advance(100);
    story.broker.state = "frozen";
    story.raise(30);
    await story.clock.advance(1_500);
    story.raise(10);
    await story.clock.advance(1_500);
    expect(story.done.size).toBe(50);
    expect(story.redis.length).toBe(40);
    story.broker.thaw();
    await story.clock.advance(3_000);
    // The copies need not be sent: what they are copies of has arrived.
    expect(story.arrived()).toEqual(upTo(50));
    expect(story.repeated()).toBe(0);
    await story.close();
  });

  it("goes into the fallback at once where the broker says that it takes nothing", async () => {
    const story = new Story();
    story.raise(1);
    await story.clock.advance(100);
    story.broker.block(true);
    story.raise(20);
    await story.clock.advance(50);
    expect(story.redis.length).toBe(20);
    expect(story.first.status().connection).toMatchObject({
      state: "blocked",
      reason: "low on memory",
    });
    story.broker.block(false);
    await story.clock.advance(3_000);
    expect(story.arrived()).toEqual(upTo(21));
    await story.close();
  });

  it("stays disconnected by hand, and waits for what is under way", async () => {
    const story = new Story();
    story.raise(20);
    await story.clock.advance(5);
    story.first.disconnect();
    await story.clock.advance(60_000);
    expect(story.first.status().connection.state).toBe("disconnected");
    const opened = story.broker.opened;
    story.raise(20);
    await story.clock.advance(60_000);
    expect(story.broker.opened).toBe(opened);
    expect(story.redis.length + story.arrived().length).toBe(40);
    story.first.connect();
    await story.clock.advance(5_000);
    expect(story.arrived()).toEqual(upTo(40));
    expect(story.repeated()).toBe(0);
    await story.close();
  });

  it.each([
    ["drop_oldest", upTo(100).slice(70)],
    ["drop_newest", upTo(30)],
  ] as const)("keeps its bound: %s", async (fallbackPolicy, kept) => {
    const story = new Story({ fallbackSize: 30, fallbackPolicy });
    story.broker.state = "down";
    for (const _ of upTo(10)) {
      story.raise(10);
      await story.clock.advance(1_000);
    }
    expect(story.redis.length).toBe(30);
    const { lost } = story.first.status();
    expect(lost.events).toEqual({ fallback_full: 70 });
    const [stretch] = lost.recent;
    expect(stretch?.from).toBeGreaterThan(0);
    expect(story.done.size).toBe(100);
    story.broker.state = "up";
    await story.clock.advance(20_000);
    expect(story.arrived()).toEqual(kept);
    await story.close();
  });

  it("without a fallback waits in memory, and counts what memory does not hold", async () => {
    const story = new Story({ fallbackSize: -1 }, 1, 30_000);
    story.broker.state = "down";
    story.raise(200);
    await story.clock.advance(2_000);
    expect(story.redis.length).toBe(0);
    const { lost, memory } = story.first.status();
    expect(memory.bytes).toBeLessThanOrEqual(30_000);
    expect(lost.events["memory_full"]).toBe(200 - memory.events);
    story.broker.state = "up";
    await story.clock.advance(20_000);
    expect(story.arrived()).toEqual(upTo(200).slice(200 - memory.events));
    await story.close();
  });

  it("waits in memory where Redis is away as well, and goes on in order", async () => {
    const story = new Story();
    story.broker.state = "down";
    story.redis.state = "away";
    story.raise(100);
    await story.clock.advance(10_000);
    expect(story.done.size).toBe(0);
    expect(story.first.status().fallback.awaySince).toBeDefined();
    story.redis.state = "up";
    await story.clock.advance(2_000);
    expect(story.redis.length).toBe(100);
    story.broker.state = "up";
    await story.clock.advance(20_000);
    expect(story.arrived()).toEqual(upTo(100));
    await story.close();
  });

  it("goes on sending, in order, where Redis refused what was to go into the fallback", async () => {
    const story = new Story();
    story.raise(5);
    await story.clock.advance(100);
    story.broker.state = "frozen";
    story.raise(20);
    await story.clock.advance(1_500);
    expect(story.redis.length).toBe(20);
    story.redis.state = "full";
    story.raise(20);
    await story.clock.advance(5_000);
    story.broker.thaw();
    await story.clock.advance(5_000);
    story.raise(5);
    await story.clock.advance(2_000);
    expect(story.arrived()).toEqual(upTo(50));
    expect(story.done.size).toBe(50);
    expect(story.repeated()).toBe(0);
    await story.close();
  });

  it.each(["arrives", "is lost with the connection"])(
    "a batch that was refused is no part of the fallback: what was under way %s",
    async (fate) => {
      const story = new Story();
      story.raise(5);
      await story.clock.advance(100);
      story.redis.state = "full";
      story.broker.state = "frozen";
      story.raise(20);
      await story.clock.advance(1_500);
      story.raise(20);
      await story.clock.advance(3_000);
      if (fate === "arrives") story.broker.thaw();
      else story.broker.cut();
      story.broker.state = "up";
      await story.clock.advance(20_000);
      expect(story.arrived()).toEqual(upTo(45));
      expect([story.done.size, story.lost(), story.redis.length]).toEqual([45, 0, 0]);
      await story.close();
      expect(story.clock.pending).toBe(0);
    },
  );

  it("puts a batch into the fallback once where the answer got lost", async () => {
    const story = new Story();
    story.broker.state = "down";
    story.redis.losesNextAnswer = true;
    story.raise(10);
    await story.clock.advance(900);
    story.redis.losesNextAnswer = true;
    await story.clock.advance(5_000);
    expect(story.redis.length).toBe(10);
    await story.close();
  });

  it("keeps what no queue takes, and sends it when one is bound", async () => {
    const story = new Story();
    story.broker.isRouted = false;
    story.raise(30);
    await story.clock.advance(10_000);
    expect(story.first.status().counts.returned).toBeGreaterThan(0);
    expect(story.redis.length).toBe(30);
    story.broker.isRouted = true;
    story.raise(30);
    await story.clock.advance(10_000);
    expect(story.arrived()).toEqual(upTo(60));
    expect(story.repeated()).toBe(0);
    await story.close();
  });

  it("drops what no queue takes where it is set so, and counts it", async () => {
    const story = new Story({ unroutable: "drop" });
    story.broker.isRouted = false;
    story.raise(30);
    await story.clock.advance(1_000);
    expect(story.first.status().counts).toMatchObject({ returned: 30, confirmed: 0, stored: 0 });
    expect(story.done.size).toBe(30);
    await story.close();
  });

  it("sends again what the broker refused", async () => {
    const story = new Story();
    story.broker.refusesNext = 1;
    story.raise(10);
    await story.clock.advance(10_000);
    expect(story.arrived()).toEqual(upTo(10));
    expect(story.first.status().counts).toMatchObject({ refused: 1, repeated: 0 });
    await story.close();
  });

  it("counts what never came", async () => {
    const story = new Story();
    story.first.missed({ reason: "unattended", count: null, from: 10, to: 20 });
    story.first.missed({ reason: "overflow", count: 7, from: 10, to: 20 });
    expect(story.first.status().lost).toMatchObject({
      events: { unattended: 0, overflow: 7 },
      stretches: { unattended: 1, overflow: 1 },
    });
    await story.close();
  });

  it("forwards neither other keys and events, nor the gateway's own keys", async () => {
    const story = new Story({ masks: ["^k1:"], events: "$" });
    story.raise(5, 0);
    story.raise(5, 1);
    let done = 0;
    const other = { node: "n", db: 0, receivedAt: 0, key: Buffer.from("k1:"), event: "del" };
    story.first.take(other, () => done++);
    story.first.take({ ...other, event: "set", key: Buffer.from("{keywire}:x") }, () => done++);
    await story.clock.advance(100);
    expect(story.arrived()).toEqual([5, 6, 7, 8, 9]);
    expect([story.done.size, done]).toEqual([10, 2]);
    await story.close();
  });

  it("puts what is not confirmed into the fallback when it ends", async () => {
    const story = new Story();
    story.raise(1);
    await story.clock.advance(100);
    story.broker.state = "frozen";
    story.raise(5);
    await story.clock.advance(10);
    await story.close();
    expect(story.redis.length).toBe(5);
    expect(story.done.size).toBe(6);
    expect(story.clock.pending).toBe(0);
  });
});

describe("two gateways", () => {
  it("do not overtake each other: what one put into the fallback comes before what the other one sends", async () => {
    const story = new Story({}, 2);
    story.raise(1, 0, 0);
    story.raise(1, 0, 1);
    await story.clock.advance(100);
    story.gatewayOf(0).disconnect();
    await story.clock.advance(10);
    story.raise(50, 0, 0);
    await story.clock.advance(4);
    // The part goes over to the other gateway.
    story.raise(50, 0, 1);
    await story.clock.advance(5_000);
    expect(story.arrived()).toEqual(upTo(102));
    expect(story.repeated()).toBe(0);
    await story.close();
  });

  it("go on sending where the one that did ended without a word", async () => {
    const story = new Story({}, 2);
    story.gatewayOf(1).disconnect();
    story.broker.state = "down";
    story.raise(3_000, 0, 0);
    await story.clock.advance(3_000);
    expect(story.redis.length).toBe(3_000);
    story.redis.holder = { who: "a dead one", until: story.clock.now() + 10_000 };
    story.redis.fetched = story.redis.waiting.splice(0, 10);
    story.redis.moved = 10;
    story.broker.state = "up";
    await story.clock.advance(5_000);
    expect(story.arrived()).toEqual([]);
    await story.clock.advance(30_000);
    expect(story.arrived()).toEqual(upTo(3_000));
    expect(story.repeated()).toBe(10);
    await story.close();
  });
});
