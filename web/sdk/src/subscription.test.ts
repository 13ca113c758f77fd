import type { ErrorCode, SequencedMessage } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { harness, logged, told } from "./testing/harness.js";
import { CHANNEL, event, gap, snapshot, subscribed } from "./testing/messages.js";

/** A client with one live subscription. */
async function live(options: Parameters<typeof logged>[1] = {}) {
  const base = harness();
  const log = logged(base.wire, options);
  const socket = await base.open();
  const request = socket.sentOf("subscribe")[0];
  socket.say(subscribed(request?.id, 5));
  return { ...base, log, socket };
}

describe("a subscription", () => {
  it("asks once the gateway has welcomed, and is live when it is answered", async () => {
    const { log, socket } = await live({ events: ["set", "del"] });
    expect(socket.sentOf("subscribe")).toEqual([
      { type: "subscribe", id: expect.any(Number), channel: CHANNEL, events: ["del", "set"] },
    ]);
    expect(log.states).toEqual(["live"]);
    expect(log.subscription.channel).toBe(CHANNEL);
  });

  it("is asked for at once on an open connection", async () => {
    const { open, wire } = harness();
    const socket = await open();
    wire.subscribe("key:a");
    expect(socket.sentOf("subscribe")).toMatchObject([{ channel: "key:a" }]);
  });

  it("tells events and gaps in order", async () => {
    const { log, socket } = await live();
    socket.say(event(6), gap(7), event(8));
    expect(log.messages).toEqual([event(6), gap(7), event(8)]);
  });

  it("can be looped over", async () => {
    const { log, socket } = await live();
    const seen: SequencedMessage[] = [];
    const loop = (async () => {
      for await (const message of log.subscription) seen.push(message);
    })();
    socket.say(event(6), event(7));
    log.subscription.close();
    await loop;
    // Closing is the application's own wish to hear no more: what it did not take yet is dropped.
    expect(seen).toEqual([event(6)]);
  });

  it("gives a loop that falls behind one gap", async () => {
    const { wire, open } = harness({ buffer: 2 });
    const log = logged(wire);
    const loop = log.subscription[Symbol.asyncIterator]();
    const socket = await open();
    socket.say(subscribed(socket.sentOf("subscribe")[0]?.id, 5));
    socket.say(event(6), event(7), event(8), event(9));
    expect((await loop.next()).value).toMatchObject({ reason: "slow_consumer", missed: 3 });
    expect((await loop.next()).value).toEqual(event(9));
  });

  it("throws out of a loop when it is refused", async () => {
    const { wire, open } = harness();
    const log = logged(wire);
    const next = log.subscription[Symbol.asyncIterator]().next();
    const socket = await open();
    const id = socket.sentOf("subscribe")[0]?.id ?? 0;
    socket.say({ type: "error", id, code: "forbidden", message: "no grant covers it" });
    await expect(next).rejects.toMatchObject({
      code: "forbidden",
      message: 'channel "prefix:order:": no grant covers it',
      channel: CHANNEL,
    });
    await expect(log.subscription[Symbol.asyncIterator]().next()).rejects.toThrow("no grant");
    expect(log.states).toEqual(["refused"]);
    expect(log.errors).toEqual(["forbidden"]);
  });

  it("can be asked for anew after a refusal", async () => {
    const { wire, open } = harness();
    const log = logged(wire);
    const socket = await open();
    const id = socket.sentOf("subscribe")[0]?.id ?? 0;
    socket.say({ type: "error", id, code: "unsupported", message: "not yet" });
    const again = logged(wire);
    expect(socket.sentOf("subscribe")).toHaveLength(2);
    expect([log.subscription.state, again.subscription.state]).toEqual(["refused", "pending"]);
  });

  it.each<ErrorCode>(["unavailable", "internal", "rate_limited", "token_expired"])(
    "asks again, later and later, after %s",
    async (code) => {
      const { clock, wire, open } = harness();
      const log = logged(wire);
      const socket = await open();
      for (const delay of [250, 500, 1_000]) {
        const asked = socket.sentOf("subscribe");
        const id = asked.at(-1)?.id ?? 0;
        socket.say({ type: "error", id, code, message: "not now" });
        await clock.advance(delay - 1);
        expect(socket.sentOf("subscribe")).toHaveLength(asked.length);
        await clock.advance(1);
        expect(socket.sentOf("subscribe")).toHaveLength(asked.length + 1);
      }
      expect(log.errors).toEqual([code, code, code]);
      expect(log.subscription.state).toBe("pending");
      log.subscription.close();
      wire.close();
      expect(clock.pending).toBe(0);
    },
  );

  it("ends when a grant goes, and asks again when the gateway ended it for a while", async () => {
    const { clock, log, socket, wire } = await live();
    const second = logged(wire, {}, "key:a");
    socket.say(subscribed(socket.sentOf("subscribe")[1]?.id, 0, { channel: "key:a" }));
    socket.say({ type: "unsubscribed", channel: CHANNEL, code: "forbidden", message: "shrunk" });
    socket.say({ type: "unsubscribed", channel: "key:a" });
    expect(log.states).toEqual(["live", "refused"]);
    expect(second.states).toEqual(["live", "pending"]);
    await clock.advance(250);
    expect(socket.sentOf("subscribe").map(({ channel }) => channel)).toEqual([
      CHANNEL,
      "key:a",
      "key:a",
    ]);
  });

  it("leaves the channel when it closes", async () => {
    const { log, socket } = await live();
    log.subscription.close();
    log.subscription.close();
    expect(socket.sentOf("unsubscribe")).toMatchObject([{ channel: CHANNEL }]);
    socket.say(event(6));
    expect(log.messages).toEqual([]);
    expect(log.states).toEqual(["live", "closed"]);
    expect((await log.subscription[Symbol.asyncIterator]().next()).done).toBe(true);
  });

  it("takes no late answer for its own", async () => {
    const { log, socket, wire, errors } = await live();
    log.subscription.close();
    const again = logged(wire);
    const unsubscribe = socket.sentOf("unsubscribe")[0]?.id ?? 0;
    socket.say(event(6), subscribed(1, 5));
    socket.say({ type: "unsubscribed", id: unsubscribe, channel: CHANNEL });
    socket.say({ type: "error", id: unsubscribe, code: "bad_request", message: "unknown" });
    expect([again.subscription.state, again.messages]).toEqual(["pending", []]);
    socket.say(subscribed(socket.sentOf("subscribe")[1]?.id, 9), event(10));
    expect(told(again)).toEqual(["event 10"]);
    expect(errors).toEqual([]);
  });

  it("sends its errors to the wire where it has no listener of its own", async () => {
    const { wire, open, errors } = harness();
    wire.subscribe(CHANNEL);
    const socket = await open();
    socket.say(subscribed(socket.sentOf("subscribe")[0]?.id, 5), event(5));
    expect(errors).toEqual(["offset_repeated"]);
  });
});

describe("subscriptions to one channel", () => {
  it("share it, and leave it together", async () => {
    const { log, socket, wire } = await live({ events: ["set", "del"] });
    const second = logged(wire, { events: ["del", "set"] });
    expect(socket.sentOf("subscribe")).toHaveLength(1);
    expect(second.subscription.state).toBe("live");
    socket.say(event(6));
    log.subscription.close();
    socket.say(event(7));
    expect([told(log), told(second)]).toEqual([["event 6"], ["event 6", "event 7"]]);
    expect(socket.sentOf("unsubscribe")).toHaveLength(0);
    second.subscription.close();
    expect(socket.sentOf("unsubscribe")).toHaveLength(1);
  });

  it("cannot have different options", async () => {
    const { wire } = await live({ events: ["set"] });
    expect(() => wire.subscribe(CHANNEL, { events: ["del"] })).toThrow(
      'prefix:order: is open with the options {"events":["set"]}: close it before asking for {"events":["del"]}',
    );
  });

  it("bring the newcomer a snapshot of its own, behind all that came before", async () => {
    const { log, socket, wire } = await live({ value: true, snapshot: 10 });
    socket.say(event(6));
    const second = logged(wire, { value: true, snapshot: 10 });
    const refresh = socket.sentOf("subscribe")[1];
    expect(refresh).not.toHaveProperty("since");
    socket.say(event(7), subscribed(refresh?.id, 7, { snapshot: [] }), event(8));
    expect(told(log)).toEqual(["event 6", "event 7", "snapshot 7", "event 8"]);
    expect(told(second)).toEqual(["event 7", "snapshot 7", "event 8"]);
    expect([log.states, second.subscription.state]).toEqual([["live"], "live"]);
    expect([...log.errors, ...second.errors]).toEqual([]);
  });

  it("tell the others what that snapshot would hide", async () => {
    const { log, socket, wire } = await live({ snapshot: 10 });
    logged(wire, { snapshot: 10 });
    socket.say(subscribed(socket.sentOf("subscribe")[1]?.id, 9, { snapshot: [] }));
    expect(log.messages).toMatchObject([
      { type: "gap", offset: 9, missed: null, reason: "resubscribed" },
      { type: "snapshot", offset: 9 },
    ]);
  });

  it("wait with the snapshot of a newcomer until the channel is resumed", async () => {
    const { clock, log, socket, wire, open } = await live({ snapshot: 10 });
    socket.drop();
    const second = logged(wire, { snapshot: 10 });
    await clock.advance(500);
    const next = await open();
    const resume = next.sentOf("subscribe")[0];
    expect(resume?.since).toEqual({ epoch: "e1", offset: 5 });
    next.say(subscribed(resume?.id, 5, { resumed: true }), event(6));
    const refresh = next.sentOf("subscribe")[1];
    expect(refresh).not.toHaveProperty("since");
    next.say(subscribed(refresh?.id, 6, { snapshot: [] }));
    expect(told(log)).toEqual(["event 6", "snapshot 6"]);
    expect(told(second)).toEqual(["event 6", "snapshot 6"]);
  });

  it("ask no gateway twice for a snapshot that it does not send", async () => {
    const { socket, wire } = await live({ snapshot: 10 });
    logged(wire, { snapshot: 10 });
    socket.say(subscribed(socket.sentOf("subscribe")[1]?.id, 5));
    expect(socket.sentOf("subscribe")).toHaveLength(2);
  });

  it("bring a loop that fell behind a new snapshot once it has taken its gap", async () => {
    const { wire, open } = harness({ buffer: 1 });
    const log = logged(wire, { snapshot: 10 });
    const loop = log.subscription[Symbol.asyncIterator]();
    const socket = await open();
    socket.say(subscribed(socket.sentOf("subscribe")[0]?.id, 5, { snapshot: [] }), event(6));
    expect(socket.sentOf("subscribe")).toHaveLength(1);
    expect((await loop.next()).value).toMatchObject({ reason: "slow_consumer" });
    const refresh = socket.sentOf("subscribe")[1];
    socket.say(subscribed(refresh?.id, 6, { snapshot: [] }));
    expect((await loop.next()).value).toEqual(snapshot(6));
  });
});
