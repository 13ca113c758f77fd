import { WireError } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { Bench, SETTINGS } from "./testing/bench.js";
import { notificationOf } from "./testing/fake-source.js";

describe("who shares a channel", () => {
  it("asks the source once, and has later members wait for the same acknowledgement", async () => {
    const bench = new Bench();
    const [one, two] = [bench.join("key:a"), bench.join("key:a")];
    expect(bench.source.subscriptions).toHaveLength(1);
    expect([one.answer, two.answer]).toEqual([undefined, undefined]);
    bench.source.newest.acknowledge();
    await bench.settle();
    expect(one.answer).toMatchObject({ offset: 0 });
    expect(two.answer?.epoch).toBe(one.answer?.epoch);
  });

  it("takes options in any order and spelling for the same ones", async () => {
    const bench = new Bench();
    await bench.joined("key:a", { events: ["set", "del", "set"], value: false, snapshot: 0 });
    await bench.joined("key:a", { events: ["del", "set"], fields: false });
    expect(bench.hub.size).toBe(1);
  });

  it("keeps other options and other names of the same key apart", async () => {
    const bench = new Bench();
    const all = await bench.joined("key:a");
    const some = await bench.joined("key:a", { events: ["del"] });
    await bench.joined("key@0:a");
    expect(bench.hub.size).toBe(3);
    bench.source.tell("set", "a");
    bench.source.tell("del", "a");
    bench.endTurn();
    expect(all.offsets).toEqual([1, 2]);
    expect(some.messages).toMatchObject([{ event: "del", offset: 1 }]);
    expect(bench.received).toBe(2);
  });

  it.each([
    [{ fields: ["a"] }, "unsupported"],
    [{ events: [] }, "bad_request"],
    [{ events: ["x".repeat(65)] }, "bad_request"],
  ])("refuses %j and holds nothing for it", (options, code) => {
    const bench = new Bench();
    expect(() => bench.join("key:a", options)).toThrow(expect.objectContaining({ code }));
    expect(bench.hub.size).toBe(0);
    expect(bench.source.subscriptions).toHaveLength(0);
  });
});

describe("failure", () => {
  it("refuses all that wait and asks anew for the next one", async () => {
    const bench = new Bench();
    const [one, two] = [bench.join("key:a"), bench.join("key:a")];
    bench.source.newest.refuse(new WireError("unavailable", "Redis is away"));
    await bench.settle();
    expect(one.refusal?.code).toBe("unavailable");
    expect(two.refusal?.message).toBe("Redis is away");
    expect(bench.hub.size).toBe(0);
    const three = await bench.joined("key:a");
    expect(three.answer).toBeDefined();
    expect(bench.faults).toEqual([]);
  });

  it("hides what the source did not mean for clients, and reports it", async () => {
    const bench = new Bench();
    const member = bench.join("key:a");
    const bug = new Error("a stack trace with secrets");
    bench.source.newest.refuse(bug);
    await bench.settle();
    expect(member.refusal?.code).toBe("internal");
    expect(member.refusal?.message).not.toContain("secrets");
    expect(bench.faults).toEqual([bug]);
  });

  it("reports an unsubscribe that fails, and ignores what is still told", async () => {
    const bench = new Bench();
    const member = await bench.joined("key:a");
    member.leave();
    await bench.clock.advance(SETTINGS.linger);
    const [upstream] = bench.source.in("letting go");
    upstream?.letGo(new Error("no"));
    await bench.settle();
    expect(bench.faults).toHaveLength(1);
    upstream?.listener.notification(notificationOf("set", "a"));
    upstream?.listener.gap({ reason: "node_lost", from: 1, to: 2 });
    bench.endTurn();
    expect(member.messages).toEqual([]);
    expect(bench.received).toBe(0);
  });
});

describe("looking ahead", () => {
  it("goes on to a member that is alone, and changes nothing", async () => {
    const bench = new Bench();
    const member = await bench.joined("key:a");
    const { listener } = bench.source.newest;
    listener.lookAhead?.();
    expect(member.looks).toBe(1);
    const other = await bench.joined("key:a");
    bench.source.tell("set", "a");
    bench.endTurn();
    listener.lookAhead?.();
    expect([member.looks, other.looks]).toEqual([1, 0]);
    expect([member.offsets, other.offsets]).toEqual([[1], [1]]);
  });

  it("does not where its messages wait for a snapshot, nor where the channel is closed", async () => {
    const bench = new Bench();
    const member = bench.join("key:a", { snapshot: 10 });
    const { listener } = bench.source.newest;
    listener.lookAhead?.();
    bench.source.newest.acknowledge();
    await bench.settle();
    listener.lookAhead?.();
    expect(member.looks).toBe(0);
    void bench.hub.close();
    listener.lookAhead?.();
    expect(member.looks).toBe(0);
  });
});

describe("linger", () => {
  it("unsubscribes when nobody has come back in time, and leaves no timer", async () => {
    const bench = new Bench();
    const member = await bench.joined("key:a");
    member.leave();
    await bench.clock.advance(SETTINGS.linger - 1);
    expect(bench.source.in("live")).toHaveLength(1);
    await bench.clock.advance(1);
    expect(bench.source.in("live")).toHaveLength(0);
    expect(bench.hub.size).toBe(0);
    await bench.clock.advance(SETTINGS.historyTtl);
    expect(bench.clock.pending).toBe(0);
  });

  it("lives on for who comes back: same epoch, offsets that go on", async () => {
    const bench = new Bench();
    const before = await bench.joined("key:a");
    bench.source.tell("set", "a");
    bench.endTurn();
    before.leave();
    await bench.clock.advance(SETTINGS.linger - 1);
    bench.source.tell("set", "a");
    const after = await bench.joined("key:a");
    expect(after.answer).toMatchObject({ epoch: before.answer?.epoch, offset: 2 });
    await bench.clock.advance(SETTINGS.linger * 2);
    expect(bench.source.subscriptions.map(({ state }) => state)).toEqual(["live"]);
  });

  it("records for who comes back with a cursor", async () => {
    const bench = new Bench();
    const before = await bench.joined("key:a");
    const epoch = String(before.answer?.epoch);
    before.leave();
    bench.source.tell("set", "a");
    bench.endTurn();
    const after = await bench.joined("key:a", {}, { epoch, offset: 0 });
    expect(after.answer).toMatchObject({ resumed: true, offset: 0 });
    expect(after.offsets).toEqual([1]);
  });

  it("gives who comes while the source lets go a channel of its own", async () => {
    const bench = new Bench();
    const before = await bench.joined("key:a");
    before.leave();
    await bench.clock.advance(SETTINGS.linger);
    const [old] = bench.source.in("letting go");
    const after = await bench.joined("key:a");
    expect(after.answer?.epoch).not.toBe(before.answer?.epoch);
    bench.source.tell("set", "a");
    old?.letGo();
    bench.endTurn();
    expect(after.offsets).toEqual([1]);
    expect(before.messages).toEqual([]);
  });

  it("lets go of what was acknowledged when nobody waited any more", async () => {
    const bench = new Bench();
    bench.join("key:a").leave();
    bench.source.newest.acknowledge();
    await bench.clock.advance(SETTINGS.linger);
    expect(bench.source.in("letting go")).toHaveLength(1);
  });
});

describe("turns", () => {
  it("joins what came in one turn into one batch, shared by all members", async () => {
    const bench = new Bench();
    const [one, two] = [await bench.joined("key:a"), await bench.joined("key:a")];
    bench.source.tell("set", "a", 5);
    bench.source.tell("del", "a", 6);
    expect(one.batches).toEqual([]);
    bench.endTurn();
    expect(one.batches).toHaveLength(1);
    expect(two.batches[0]).toBe(one.batches[0]);
    expect(one.messages).toEqual([
      { type: "event", channel: "key:a", offset: 1, event: "set", key: "a", db: 0, time: 5 },
      { type: "event", channel: "key:a", offset: 2, event: "del", key: "a", db: 0, time: 6 },
    ]);
    expect(bench.delivered).toEqual([[2, 2]]);
  });

  it("starts who comes in the middle of a turn right behind what came before", async () => {
    const bench = new Bench();
    const one = await bench.joined("key:a");
    bench.source.tell("set", "a");
    const two = await bench.joined("key:a");
    bench.source.tell("del", "a");
    bench.endTurn();
    expect(one.offsets).toEqual([1, 2]);
    expect(two.answer?.offset).toBe(1);
    expect(two.offsets).toEqual([2]);
  });

  it("gives who leaves in the middle of a turn what came before", async () => {
    const bench = new Bench();
    const member = await bench.joined("key:a");
    bench.source.tell("set", "a");
    member.leave();
    bench.source.tell("del", "a");
    bench.endTurn();
    expect(member.offsets).toEqual([1]);
  });

  it("stays for those who are left where the first leaves as soon as it is let in", async () => {
    const bench = new Bench();
    const first = bench.join("key:a");
    first.isPassing = true;
    const second = await bench.joined("key:a");
    expect(bench.hub.channels()).toMatchObject([{ state: "live", members: 1 }]);
    await bench.clock.advance(SETTINGS.linger * 2);
    bench.source.tell("set", "a");
    bench.endTurn();
    expect([first.offsets, second.offsets]).toEqual([[], [1]]);
  });

  it("stays live under a newcomer whose coming in makes the last one before it leave", async () => {
    const bench = new Bench();
    const slow = await bench.joined("key:a");
    // As a session does that is given up while it is delivered to.
    slow.deliver = () => slow.leave();
    bench.source.tell("set", "a");
    const newcomer = bench.join("key:a");
    expect(newcomer.answer).toMatchObject({ offset: 1 });
    expect(bench.hub.channels()).toMatchObject([{ state: "live", members: 1 }]);
    await bench.clock.advance(15_000);
    bench.source.tell("set", "a");
    bench.endTurn();
    expect(newcomer.offsets).toEqual([2]);
  });

  it("hands out early what would make too large a piece", async () => {
    const bench = new Bench();
    const member = await bench.joined("prefix:");
    for (let count = 0; count < 2_000; count++) bench.source.tell("set", "k".repeat(100));
    expect(member.batches.length).toBeGreaterThan(2);
    bench.endTurn();
    expect(member.offsets).toEqual(Array.from({ length: 2_000 }, (_, index) => index + 1));
    for (const { bytes } of member.batches) expect(bytes).toBeLessThan(70_000);
  });
});

describe("messages", () => {
  it.each([
    ["plain", "order:42"],
    ["quotes and breaks", 'a"b\\c\nd\u2028'],
    ["beyond ASCII", "schlüssel → 🔑"],
    ["bytes that are no text", Uint8Array.from([0xff, 0x00])],
  ])("counts the bytes of keys with %s exactly", async (_, key) => {
    const bench = new Bench();
    const member = await bench.joined("prefix:ü");
    bench.source.tell("set", key);
    bench.source.tell("del", key);
    bench.endTurn();
    const [batch] = member.batches;
    expect(batch?.bytes).toBe(Buffer.byteLength(batch?.text ?? ""));
    expect(member.messages).toHaveLength(2);
  });

  it("gives keys that are not UTF-8 as base64, and no text for them", async () => {
    const bench = new Bench();
    const member = await bench.joined("rawkey:_w8");
    bench.source.tell("set", Uint8Array.from([0xff, 0x0f]));
    bench.endTurn();
    expect(member.messages[0]).toMatchObject({ channel: "rawkey:_w8", key: null, key_raw: "/w8=" });
  });

  it("says who did it where that is known, to those who resume as well", async () => {
    const bench = new Bench();
    const member = await bench.joined("key:a");
    const origin = 'trigger:library."quoted"';
    bench.source.tell("set", "a");
    bench.source.tell("set", "a", bench.clock.now(), origin);
    bench.endTurn();
    expect(member.messages.map((message) => message["origin"])).toEqual([undefined, origin]);
    const since = { epoch: member.answer?.epoch ?? "", offset: 1 };
    const back = await bench.joined("key:a", {}, since);
    expect(back.messages).toMatchObject([{ offset: 2, origin }]);
  });

  it("never shows the gateway's own keys, and gives them no offset", async () => {
    const bench = new Bench();
    const member = await bench.joined("prefix:");
    for (const key of ["{keywire}:lease:1", "{keywire}:", "{keywire}", "{keywir"])
      bench.source.tell("set", key);
    bench.endTurn();
    expect(member.messages).toMatchObject([
      { offset: 1, key: "{keywire}" },
      { offset: 2, key: "{keywir" },
    ]);
  });

  it("puts a gap of the source in its place, with an offset of its own", async () => {
    const bench = new Bench();
    const member = await bench.joined("key:a", { events: ["set"] });
    bench.source.tell("set", "a");
    bench.source.newest.listener.gap({ reason: "node_lost", from: 10, to: 20 });
    bench.source.tell("set", "a");
    bench.endTurn();
    expect(member.messages[1]).toEqual({
      type: "gap",
      channel: "key:a",
      offset: 2,
      reason: "node_lost",
      from: 10,
      to: 20,
    });
    expect(member.offsets).toEqual([1, 2, 3]);
    expect(bench.gaps).toEqual(["node_lost"]);
  });
});

describe("closing", () => {
  it("lets go of everything and refuses who comes later", async () => {
    const bench = new Bench();
    await bench.joined("key:a");
    (await bench.joined("key:b")).leave();
    bench.join("key:c");
    const closed = bench.hub.close();
    bench.source.newest.acknowledge();
    await bench.settle();
    for (const upstream of bench.source.in("letting go")) upstream.letGo();
    await closed;
    expect(bench.source.in("gone")).toHaveLength(3);
    expect(bench.clock.pending).toBe(0);
    expect(() => bench.join("key:d")).toThrow(expect.objectContaining({ code: "unavailable" }));
  });
});
