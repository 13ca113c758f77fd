import type { Database, Interest } from "@keywire/shared";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Batch } from "./batch.js";
import { Bench, FakeMember } from "./testing/bench.js";
import { notificationOf } from "./testing/fake-source.js";

/** A channel that has told `count` messages, all before now. */
async function told(count: number, settings = {}) {
  const bench = new Bench(settings);
  const member = await bench.joined("key:a");
  for (let index = 0; index < count; index++) bench.source.tell("set", "a");
  bench.endTurn();
  return { bench, epoch: String(member.answer?.epoch), start: bench.clock.now() };
}

describe("resuming", () => {
  it("says nothing of resuming where nobody asked", async () => {
    const { bench } = await told(3);
    const member = await bench.joined("key:a");
    expect(member.answer).toEqual({ epoch: expect.any(String), offset: 3, replay: [] });
  });

  it("replays all behind the cursor, again and again", async () => {
    const { bench, epoch } = await told(5);
    for (let round = 0; round < 3; round++) {
      const member = await bench.joined("key:a", {}, { epoch, offset: 2 });
      expect(member.answer).toMatchObject({ epoch, offset: 2, resumed: true });
      expect(member.offsets).toEqual([3, 4, 5]);
      member.leave();
    }
  });

  it("has nothing to replay for who missed nothing, even without history", async () => {
    const { bench, epoch } = await told(5, { historySize: 0 });
    const member = await bench.joined("key:a", {}, { epoch, offset: 5 });
    expect(member.answer).toEqual({ epoch, offset: 5, resumed: true, replay: [] });
  });

  it("shares a replay among all who come back with the same cursor", async () => {
    const { bench, epoch } = await told(5);
    const one = await bench.joined("key:a", {}, { epoch, offset: 2 });
    const two = await bench.joined("key:a", {}, { epoch, offset: 2 });
    expect(two.answer?.replay[0]).toBe(one.answer?.replay[0]);
  });

  it("counts what is not kept any more, and replays the rest", async () => {
    const { bench, epoch, start } = await told(10, { historySize: 4 });
    const member = await bench.joined("key:a", {}, { epoch, offset: 1 });
    expect(member.answer).toMatchObject({
      epoch,
      offset: 1,
      resumed: false,
      gap: { reason: "history_expired", missed: 5, offset: 6, from: start, to: start },
    });
    expect(member.offsets).toEqual([7, 8, 9, 10]);
  });

  it("forgets what is too old, and says until when something is missing", async () => {
    const { bench, epoch, start } = await told(2, { historyTtl: 10_000 });
    await bench.clock.advance(6_000);
    bench.source.tell("set", "a");
    bench.endTurn();
    await bench.clock.advance(4_000);
    const member = await bench.joined("key:a", {}, { epoch, offset: 1 });
    expect(member.answer?.gap).toEqual({
      reason: "history_expired",
      missed: 1,
      offset: 2,
      from: start,
      to: start,
    });
    expect(member.offsets).toEqual([3]);
  });

  it("does not know epochs of other gateways, and repeats nothing that they may have shown", async () => {
    const { bench } = await told(3);
    const other = new Bench({}, "other1");
    const elsewhere = await other.joined("key:a");
    const epoch = String(elsewhere.answer?.epoch);
    const member = await bench.joined("key:a", {}, { epoch, offset: 40 });
    expect(member.answer).toMatchObject({
      offset: 3,
      resumed: false,
      gap: {
        reason: "gateway_restarted",
        missed: null,
        offset: 3,
        from: other.clock.now(),
        to: bench.clock.now(),
      },
    });
    expect(member.offsets).toEqual([]);
  });

  it("takes a cursor that somebody made up for one of another gateway", async () => {
    const { bench, epoch } = await told(3);
    for (const since of [
      { epoch, offset: 4 },
      { epoch: "", offset: 0 },
      { epoch: "x-zzzzzzzzzzzz-1", offset: 1 },
      { epoch: `x-${(bench.clock.now() + 1).toString(36)}-1`, offset: 1 },
    ]) {
      const member = await bench.joined("key:a", {}, since);
      expect(member.answer).toMatchObject({ offset: 3, resumed: false });
      expect(member.answer?.gap).toMatchObject({ reason: "gateway_restarted", missed: null });
    }
  });

  it("replays a channel's new life to who was on the one before", async () => {
    const bench = new Bench({ linger: 1_000 });
    const start = bench.clock.now();
    const before = await bench.joined("key:a");
    before.leave();
    await bench.clock.advance(1_000);
    const reborn = await bench.joined("key:a");
    const rebornAt = bench.clock.now();
    bench.source.tell("set", "a");
    bench.endTurn();
    const epoch = String(before.answer?.epoch);
    const back = await bench.joined("key:a", {}, { epoch, offset: 0 });
    expect(back.answer).toMatchObject({
      epoch: reborn.answer?.epoch,
      offset: 0,
      resumed: false,
      gap: { reason: "history_expired", missed: null, offset: 0, from: start, to: rebornAt },
    });
    expect(back.offsets).toEqual([1]);
  });

  it("splits a long replay into pieces", async () => {
    const { bench, epoch } = await told(2_000, { historySize: 2_000 });
    const member = await bench.joined("key:a", {}, { epoch, offset: 0 });
    expect(member.answer?.replay.length).toBeGreaterThan(1);
    expect(member.offsets).toEqual(Array.from({ length: 2_000 }, (_, index) => index + 1));
    for (const { bytes } of member.answer?.replay ?? []) expect(bytes).toBeLessThan(70_000);
  });
});

/** Bytes that no story here takes. */
const AMPLE = 1_000_000;

/** Bytes of keys: names, texts that JSON escapes, and what is no text. */
const keys = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 20 }),
);
/** Some of them again and again, others too long to be numbered. */
const names = fc.oneof(
  fc.constantFrom("set", "expired", "rename_from"),
  fc.string({ unit: "grapheme", maxLength: 80 }),
);
const happenings = fc.record({
  event: names,
  db: fc.nat(15),
  at: fc.integer({ min: 0, max: 2 ** 42 }),
  origin: fc.option(fc.string({ maxLength: 10 }), { nil: undefined, freq: 5 }),
});

describe("history", () => {
  it.each(["key", "prefix", "event"] as const)(
    "replays to the letter what was told of a %s",
    async (kind) => {
      const databases = fc.constantFrom<Database>(0, 7, "*");
      const events = fc.array(fc.record({ key: keys, told: happenings }), {
        minLength: 1,
        maxLength: 40,
      });
      await fc.assert(
        fc.asyncProperty(databases, keys, events, async (db, own, all) => {
          const bench = new Bench({ historyTtl: 2 ** 43 });
          const interest: Interest = { kind, db, bytes: own };
          const [first, back] = [new FakeMember(), new FakeMember()];
          const request = { name: "key:k", interest, options: {} };
          bench.hub.join(request, first);
          bench.source.newest.acknowledge();
          await bench.clock.advance(0);
          for (const { key, told } of all) {
            const notification = {
              ...notificationOf(told.event, kind === "key" ? own : key, told.at),
              db: db === "*" ? told.db : db,
              origin: told.origin,
            };
            bench.source.newest.listener.notification(notification);
          }
          bench.endTurn();
          const since = { epoch: String(first.answer?.epoch), offset: 0 };
          bench.hub.join({ ...request, since }, back);
          const texts = (batches: readonly Batch[] = []) =>
            batches.map(({ text }) => text).join("\n");
          expect(texts(back.answer?.replay)).toBe(texts(first.batches));
        }),
        { numRuns: 300 },
      );
    },
  );

  it("keeps the newest within its bounds, whatever comes when", async () => {
    const moments = fc.array(
      fc.record({ wait: fc.integer({ min: 0, max: 5_000 }), key: fc.string({ maxLength: 40 }) }),
      { maxLength: 60, size: "max" },
    );
    const bounds = fc.record({
      historySize: fc.integer({ min: 0, max: 20 }),
      historyBytes: fc.integer({ min: 0, max: 3_000 }),
      historyTtl: fc.integer({ min: 0, max: 30_000 }),
      historyMemory: fc.oneof(fc.constant(AMPLE), fc.integer({ min: 0, max: 2_000 })),
    });
    await fc.assert(
      fc.asyncProperty(moments, bounds, async (all, settings) => {
        const bench = new Bench(settings);
        const first = await bench.joined("prefix:");
        for (const { wait, key } of all) {
          await bench.clock.advance(wait);
          bench.source.tell("set", key);
        }
        bench.endTurn();
        const since = { epoch: String(first.answer?.epoch), offset: 0 };
        const back = await bench.joined("prefix:", {}, since);
        const kept = back.answer?.replay.flatMap(({ entries }) => entries) ?? [];
        const now = bench.clock.now();
        expect(kept.length).toBeLessThanOrEqual(settings.historySize);
        expect(kept.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(
          settings.historyBytes,
        );
        for (const { to } of kept) expect(to).toBeGreaterThan(now - settings.historyTtl);
        expect(bench.hub.historyBytes).toBeLessThanOrEqual(settings.historyMemory);
        // Nothing is dropped that the bounds would let stay.
        const missed = back.answer?.gap?.missed ?? 0;
        expect(missed + kept.length).toBe(first.messages.length);
        expect(back.messages).toEqual(first.messages.slice(missed));
        const newestDropped = first.batches.flatMap(({ entries }) => entries)[missed - 1];
        if (newestDropped === undefined || settings.historyMemory < AMPLE) return;
        const bytes = kept.reduce((sum, entry) => sum + entry.bytes, newestDropped.bytes);
        const fits =
          kept.length < settings.historySize &&
          bytes <= settings.historyBytes &&
          newestDropped.to > now - settings.historyTtl;
        expect(fits).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});
