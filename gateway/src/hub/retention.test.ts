import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { FULLNESS, Retention } from "./retention.js";
import { Bench } from "./testing/bench.js";
import { notificationOf } from "./testing/fake-source.js";

const START = 1_780_000_000_000;
const TTL = 60_000;
/** Bytes of memory that a message of these tests takes. */
const MESSAGE = 16 / FULLNESS;

const message = fc.record({
  bytes: fc.integer({ min: 0, max: 2_000 }),
  at: fc.integer({ min: START, max: START + TTL }),
});

it("says what has to go, so that the rest is within the limit, and no more than that", () => {
  const limits = fc.integer({ min: 0, max: 50_000 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 60 }), limits, (messages, limit) => {
      const retention = new Retention(limit, TTL, START);
      for (const { bytes, at } of messages) retention.add(bytes, at);
      const cutoff = retention.cutoff(START + TTL);
      const gone = messages.filter(({ at }) => at <= cutoff);
      const total = (some: typeof messages) =>
        some.reduce((sum, { bytes }) => sum + bytes / FULLNESS, 0);
      expect(retention.bytes).toBeCloseTo(total(messages));
      for (const { bytes, at } of gone) retention.remove(bytes, at);
      expect(retention.bytes).toBeCloseTo(total(messages) - total(gone));
      expect(retention.isOver).toBe(false);
      // What went last were those of one slice, and with them it was too much to keep an eighth free.
      const slice = TTL / 256;
      const newer = messages.filter(({ at }) => at > cutoff - slice - 1);
      if (cutoff > 0) expect(total(newer)).toBeGreaterThan((limit * 7) / 8);
    }),
  );
});

it("makes all channels together keep no more than their share of memory, the oldest going first", async () => {
  const limit = 100 * MESSAGE;
  const bench = new Bench({ historyMemory: limit });
  const keys = Array.from({ length: 200 }, (_, at) => `a:${at}`);
  const members = [];
  for (const key of keys) members.push(await bench.joined(`key:${key}`));
  for (const [at, key] of keys.entries()) {
    const { listener } = bench.source.subscriptions[at] ?? bench.source.newest;
    listener.notification(notificationOf("set", key, bench.clock.now()));
    bench.endTurn();
    await bench.clock.advance(100);
  }
  // A turn looks at some of the channels alone.
  expect(bench.hub.historyBytes).toBeLessThanOrEqual(limit * 1.02);
  expect(bench.hub.historyBytes).toBeGreaterThan(limit / 2);
  const kept = bench.hub.channels().map(({ history }) => history.messages);
  expect(bench.shed).toBe(200 - kept.reduce((sum, messages) => sum + messages, 0));
  expect(kept.slice(-50)).toEqual(Array.from({ length: 50 }, () => 1));

  // Who comes back for what is gone is told so.
  const [first] = members;
  const again = bench.join("key:a:0", {}, { epoch: first?.answer?.epoch ?? "", offset: 0 });
  expect(again.answer?.gap).toMatchObject({ reason: "history_expired", missed: 1 });
});

it("forgets what closed channels took", async () => {
  const bench = new Bench();
  const member = await bench.joined("key:a");
  bench.source.tell("set", "a");
  bench.endTurn();
  expect(bench.hub.historyBytes).toBeGreaterThan(MESSAGE / 2);
  member.leave();
  await bench.clock.advance(15_000);
  expect([bench.hub.size, bench.hub.historyBytes]).toEqual([0, 0]);
});

it("holds a clock that was set back to the limit as well", async () => {
  const limit = 20 * MESSAGE;
  const bench = new Bench({ historyMemory: limit });
  await bench.joined("key:a");
  const ahead = bench.clock.now() + 3_600_000;
  bench.source.tell("set", "a", ahead);
  bench.endTurn();
  for (let at = 0; at < 200; at++) {
    bench.source.tell("set", "a");
    bench.endTurn();
    await bench.clock.advance(10);
  }
  expect(bench.hub.historyBytes).toBeLessThanOrEqual(limit);
  expect(bench.hub.historyBytes).toBeGreaterThan(limit / 3);
});

it("keeps no closed channel in memory, however many there were since it was too much", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const limit = 100 * MESSAGE;
  const bench = new Bench({ historyMemory: limit });
  for (let at = 0; at < 150; at++) await bench.joined(`key:a:${at}`);
  for (const [at, { listener }] of bench.source.subscriptions.entries()) {
    listener.notification(notificationOf("set", `a:${at}`, bench.clock.now()));
  }
  bench.endTurn();
  expect(bench.shed).toBeGreaterThan(0);
  for (let at = 0; at < 1_000; at++) (await bench.joined(`key:b:${at}`)).leave();
  await bench.clock.advance(15_000);
  expect(bench.hub.size).toBe(150);
  const closed = bench.source.subscriptions
    .splice(150)
    .map(({ listener }) => new WeakRef(listener));
  // Code that is being compiled meanwhile may hold one for a moment.
  await vi.waitFor(() => {
    collectGarbage();
    expect(closed.filter((channel) => channel.deref() !== undefined)).toEqual([]);
  });
});
