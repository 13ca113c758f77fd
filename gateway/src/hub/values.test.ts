import { type ChannelOptions, WireError } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { Bench } from "./testing/bench.js";
import { entry, text } from "./testing/fake-values.js";

const brief = (messages: readonly Record<string, unknown>[]) =>
  messages.map(({ offset, type, event, value, merged, snapshot, reason }) => {
    const told = { offset, type, event, value, merged, snapshot, reason };
    return Object.fromEntries(Object.entries(told).filter(([, said]) => said !== undefined));
  });

const value = (data: string) => ({ type: "string", data });

describe("a channel with values", () => {
  it("reads a key once per turn, after the event, and names how many events it stands for", async () => {
    const bench = new Bench();
    const member = await bench.joined("prefix:a", { value: true });
    bench.source.tell("set", "a1");
    bench.source.tell("append", "a1");
    bench.source.tell("set", "a2");
    expect(bench.values.reads).toEqual([]);
    bench.endTurn();
    expect(bench.values.reads.map(({ about }) => about)).toEqual(["a1", "a2"]);
    bench.values.reads[0]?.answer({ ...text("x"), ttl: 500 });
    bench.values.reads[1]?.answer({ value: null });
    await bench.settle();
    bench.endTurn();
    expect(member.messages).toMatchObject([
      { offset: 1, event: "append", key: "a1", value: value("x"), ttl: 500, merged: 2 },
      { offset: 2, event: "set", key: "a2", value: null },
    ]);
    expect(bench.values.deliveredKeys).toEqual(["a1", "a2"]);
  });

  it("reads a hot key at most once per round trip, its events merged meanwhile", async () => {
    const bench = new Bench();
    const member = await bench.joined("prefix:a", { value: true });
    bench.source.tell("set", "a1");
    bench.endTurn();
    for (let turn = 0; turn < 5; turn++) {
      bench.source.tell("append", "a1");
      bench.endTurn();
    }
    expect(bench.values.reads).toHaveLength(1);
    bench.values.reads[0]?.answer(text("1"));
    await bench.settle();
    expect(bench.values.reads).toHaveLength(2);
    bench.values.reads[1]?.answer(text("2"));
    await bench.settle();
    bench.endTurn();
    expect(brief(member.messages)).toEqual([
      { offset: 1, type: "event", event: "set", value: value("1") },
      { offset: 2, type: "event", event: "append", value: value("2"), merged: 5 },
    ]);
  });

  it("names the origin of the last of the events that a message stands for", async () => {
    const bench = new Bench();
    const member = await bench.joined("prefix:a", { value: true });
    const now = bench.clock.now();
    bench.source.tell("set", "a1", now, "trigger:l.one");
    bench.source.tell("append", "a1", now);
    bench.source.tell("set", "a2", now);
    bench.source.tell("append", "a2", now, "trigger:l.two");
    bench.endTurn();
    for (const read of bench.values.reads) read.answer(text("x"));
    await bench.settle();
    bench.endTurn();
    expect(member.messages).toMatchObject([
      { event: "append", key: "a1", value: value("x"), merged: 2 },
      { event: "append", key: "a2", value: value("x"), merged: 2, origin: "trigger:l.two" },
    ]);
    expect(member.messages[0]).not.toHaveProperty("origin");
  });

  it("tells the event, and a gap, where its value could not be read", async () => {
    const bench = new Bench();
    const member = await bench.joined("prefix:a", { value: true });
    bench.source.tell("set", "a1");
    bench.endTurn();
    bench.values.reads[0]?.fail(new WireError("unavailable", "away"));
    await bench.settle();
    bench.endTurn();
    expect(brief(member.messages)).toEqual([
      { offset: 1, type: "event", event: "set" },
      { offset: 2, type: "gap", reason: "node_lost" },
    ]);
    expect(bench.faults).toHaveLength(1);
  });

  it("counts merged events, and tells a gap since the first, where the value could not be read", async () => {
    const bench = new Bench();
    const member = await bench.joined("prefix:a", { value: true });
    const start = bench.clock.now();
    bench.source.tell("set", "a1", start);
    bench.endTurn();
    for (const at of [1_000, 2_000]) bench.source.tell("append", "a1", start + at);
    bench.values.reads[0]?.answer(text("x"));
    await bench.settle();
    bench.values.reads[1]?.fail(new WireError("unavailable", "away"));
    await bench.clock.advance(5_000);
    bench.endTurn();
    expect(member.messages.slice(1)).toMatchObject([
      { event: "append", merged: 2, time: start + 2_000 },
      { type: "gap", from: start + 1_000, to: start + 5_000 },
    ]);
    // What a gap would say that stands for the message.
    const [, merged] = member.batches.flatMap(({ entries }) => entries);
    expect(merged).toMatchObject({ from: start + 1_000, to: start + 2_000 });
  });

  it("tells one gap for all that could not be read in a turn", async () => {
    const bench = new Bench();
    const member = await bench.joined("prefix:a", { value: true });
    for (const key of ["a1", "a2", "a3"]) bench.source.tell("set", key);
    bench.endTurn();
    for (const read of bench.values.reads) read.fail(new WireError("unavailable", "away"));
    await bench.settle();
    bench.endTurn();
    expect(member.messages.map(({ type }) => type)).toEqual(["event", "event", "event", "gap"]);
  });

  it("counts an event once, though its value comes later", async () => {
    const bench = new Bench();
    await bench.joined("prefix:a", { value: true });
    bench.source.tell("set", "a1");
    bench.source.tell("set", "a2");
    bench.endTurn();
    for (const read of bench.values.reads) read.answer(text("x"));
    await bench.settle();
    expect(bench.received).toBe(2);
    expect(bench.values.seenKeys).toEqual(["a1", "a2"]);
  });

  it("hears of an event that the channel does not tell, too", async () => {
    const bench = new Bench();
    const member = await bench.joined("prefix:a", { events: ["del"] });
    bench.source.tell("set", "a1");
    bench.endTurn();
    expect(bench.values.seenKeys).toEqual(["a1"]);
    expect(member.messages).toEqual([]);
  });

  it("hears of every event what was read before is old, on channels without values too", async () => {
    const bench = new Bench();
    await bench.joined("prefix:a");
    bench.source.tell("set", "a1");
    expect(bench.values.seenKeys).toEqual(["a1"]);
  });
});

/** Somebody on a channel that was answered with a snapshot, in which there was nothing. */
async function snapshotted(bench: Bench, options: ChannelOptions = { snapshot: 5 }) {
  const member = await bench.joined("prefix:a", options);
  bench.values.snapshots[0]?.answer({ entries: [], truncated: false });
  await bench.settle();
  return member;
}

describe("a channel with a snapshot", () => {
  it("answers with the keys, and loses no change between the two", async () => {
    const bench = new Bench();
    const member = await bench.joined("key:a", { value: true });
    expect(member.answer).toBeUndefined();
    expect(bench.values.snapshots).toMatchObject([{ about: "a", limit: 1 }]);
    bench.source.tell("set", "a");
    bench.endTurn();
    bench.values.reads[0]?.answer(text("new"));
    await bench.settle();
    bench.endTurn();
    bench.values.snapshots[0]?.answer({ entries: [entry("a", "old")], truncated: false });
    await bench.settle();
    expect(member.answer).toMatchObject({ offset: 0, snapshot: [entry("a", "old")] });
    expect(brief(member.messages)).toEqual([
      { offset: 1, type: "event", event: "set", value: value("new") },
    ]);
  });

  it("says where there are more keys than it tells", async () => {
    const bench = new Bench();
    const member = await bench.joined("prefix:a", { snapshot: 1 });
    bench.values.snapshots[0]?.answer({ entries: [entry("a1", "x")], truncated: true });
    await bench.settle();
    expect(member.answer).toMatchObject({ truncated: true });
  });

  it("refuses where the keys cannot be read, and lets the channel go", async () => {
    const bench = new Bench();
    const member = await bench.joined("prefix:a", { snapshot: 1 });
    bench.values.snapshots[0]?.fail(new WireError("unavailable", "away"));
    await bench.settle();
    expect(member.refusal).toMatchObject({ code: "unavailable" });
    await bench.clock.advance(15_000);
    expect(bench.source.in("letting go")).toHaveLength(1);
  });

  it("follows a gap with a snapshot, the same for all, ahead of what comes meanwhile", async () => {
    const bench = new Bench();
    const options = { snapshot: 5 };
    const one = await snapshotted(bench, options);
    bench.source.gap("node_lost");
    bench.source.tell("set", "a1");
    bench.endTurn();
    bench.values.snapshots[1]?.answer({ entries: [entry("a1", "x")], truncated: false });
    await bench.settle();
    bench.source.tell("del", "a1");
    bench.endTurn();
    expect(brief(one.messages)).toEqual([
      { offset: 1, type: "gap", reason: "node_lost" },
      { offset: 2, type: "snapshot", snapshot: [entry("a1", "x")] },
      { offset: 3, type: "event", event: "set" },
      { offset: 4, type: "event", event: "del" },
    ]);
  });

  it("begins anew where another gap comes, and tries again where it could not be taken", async () => {
    const bench = new Bench();
    const member = await snapshotted(bench);
    bench.source.gap("node_lost");
    bench.source.tell("set", "a1");
    bench.source.gap("flushed");
    bench.values.snapshots[1]?.answer({ entries: [entry("stale", "x")], truncated: false });
    bench.values.snapshots[2]?.fail(new WireError("unavailable", "away"));
    await bench.clock.advance(1_000);
    bench.values.snapshots[3]?.answer({ entries: [], truncated: false });
    await bench.settle();
    bench.endTurn();
    expect(brief(member.messages)).toEqual([
      { offset: 1, type: "gap", reason: "node_lost" },
      { offset: 2, type: "event", event: "set" },
      { offset: 3, type: "gap", reason: "flushed" },
      { offset: 4, type: "snapshot", snapshot: [] },
    ]);
  });

  it("follows a gap with a snapshot that comes as a large snapshot is handed out", async () => {
    const bench = new Bench();
    const member = await snapshotted(bench, { value: true, snapshot: 5 });
    bench.source.tell("set", "a1");
    bench.endTurn();
    bench.source.gap("node_lost");
    bench.endTurn();
    // In one turn: the value cannot be read, the snapshot behind the gap is there.
    bench.values.reads[0]?.fail(new WireError("unavailable", "away"));
    await bench.settle();
    bench.values.snapshots[1]?.answer({
      entries: [entry("a2", "x".repeat(70_000))],
      truncated: false,
    });
    await bench.settle();
    bench.endTurn();
    expect(member.messages.map(({ type }) => type).slice(0, 4)).toEqual([
      "gap",
      "snapshot",
      "gap",
      "event",
    ]);
    expect(bench.values.snapshots).toHaveLength(3);
    bench.values.snapshots[2]?.answer({ entries: [entry("a1", "now")], truncated: false });
    await bench.settle();
    await bench.clock.advance(60_000);
    bench.endTurn();
    expect(member.messages.at(-1)).toMatchObject({
      type: "snapshot",
      snapshot: [entry("a1", "now")],
    });
  });

  it("tries again where one member's snapshot could not be taken", async () => {
    const bench = new Bench();
    const member = await snapshotted(bench);
    member.membership?.resync();
    bench.values.snapshots[1]?.fail(new WireError("unavailable", "away"));
    await bench.settle();
    await bench.clock.advance(60_000);
    expect(bench.values.snapshots).toHaveLength(3);
  });

  it("says of what was on its way to who leaves, and since when", async () => {
    const bench = new Bench();
    const [valued, kept] = [
      await bench.joined("prefix:a", { value: true }),
      await bench.joined("prefix:a", { snapshot: 5 }),
    ];
    bench.values.snapshots[0]?.answer({ entries: [], truncated: false });
    await bench.settle();
    expect(bench.join("prefix:a").membership?.leave()).toBeUndefined();
    const since = bench.clock.now();
    kept.membership?.resync();
    bench.source.tell("set", "a1");
    bench.endTurn();
    await bench.clock.advance(100);
    bench.source.tell("set", "a1");
    bench.endTurn();
    expect([valued, kept].map(({ membership }) => membership?.leave())).toEqual([since, since]);
  });

  it("says so as well where all members wait for a snapshot", async () => {
    const bench = new Bench();
    const member = await snapshotted(bench);
    bench.source.gap("node_lost");
    bench.source.tell("set", "a1");
    bench.endTurn();
    expect(member.membership?.leave()).toBe(bench.clock.now());
  });

  it("owes a snapshot to whoever comes back across a gap that came while nobody was there", async () => {
    const bench = new Bench();
    const first = await snapshotted(bench);
    const epoch = first.answer?.epoch ?? "";
    first.leave();
    bench.source.gap("node_lost");
    bench.endTurn();
    expect(bench.values.snapshots).toHaveLength(1);
    const back = bench.join("prefix:a", { snapshot: 5 }, { epoch, offset: 0 });
    expect(back.answer).toMatchObject({ resumed: true });
    bench.values.snapshots[1]?.answer({ entries: [entry("a1", "x")], truncated: false });
    await bench.settle();
    bench.endTurn();
    expect(brief(back.messages)).toEqual([
      { offset: 1, type: "gap", reason: "node_lost" },
      { offset: 2, type: "snapshot", snapshot: [entry("a1", "x")] },
    ]);
  });

  it("gives who cannot resume one gap for all that it missed, and the keys as they are", async () => {
    const bench = new Bench({ historySize: 2 });
    const member = await snapshotted(bench);
    for (let at = 0; at < 10; at++) {
      bench.source.tell("set", `a${at}`);
      bench.endTurn();
      await bench.clock.advance(1_000);
    }
    const epoch = member.answer?.epoch ?? "";
    const lastAt = bench.clock.now() - 1_000;
    const back = bench.join("prefix:a", { snapshot: 5 }, { epoch, offset: 3 });
    bench.values.snapshots[1]?.answer({ entries: [entry("a9", "x")], truncated: false });
    await bench.settle();
    expect(back.answer).toMatchObject({
      resumed: false,
      gap: { reason: "history_expired", offset: 10, missed: 7, to: lastAt },
      snapshot: [entry("a9", "x")],
      replay: [],
    });
  });

  it("is taken anew for one member that did not get it all", async () => {
    const bench = new Bench();
    const member = await snapshotted(bench);
    bench.source.tell("set", "a1");
    expect(member.membership?.resync()).toBe(true);
    bench.source.tell("set", "a2");
    bench.endTurn();
    bench.values.snapshots[1]?.answer({ entries: [entry("a1", "x")], truncated: false });
    await bench.settle();
    expect(member.resyncs).toMatchObject([
      { at: { offset: 1 }, keys: { snapshot: [entry("a1", "x")] } },
    ]);
    expect(member.offsets).toEqual([1, 2]);
  });

  it("cannot be had of events, and of a channel without one", async () => {
    const bench = new Bench();
    expect(() => bench.join("event:set", { snapshot: 1 })).toThrow(/no keys of its own/);
    const member = await bench.joined("prefix:a");
    expect(member.membership?.resync()).toBe(false);
  });
});
