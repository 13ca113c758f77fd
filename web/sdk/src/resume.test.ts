import { describe, expect, it } from "vitest";
import type { FakeSocket } from "./testing/fake-socket.js";
import { type Harness, harness, type Log, logged, told } from "./testing/harness.js";
import { event, gap, snapshot, subscribed } from "./testing/messages.js";

interface Lost extends Harness {
  readonly log: Log;
  readonly socket: FakeSocket;
  /** The id of the subscribe that resumes. */
  readonly id: number | string | undefined;
}

/** A client that saw offsets up to 7, lost its connection, and has asked to resume. */
async function reconnected(options: Parameters<typeof logged>[1] = {}): Promise<Lost> {
  const base = harness();
  const log = logged(base.wire, options);
  const first = await base.open();
  first.say(subscribed(first.sentOf("subscribe")[0]?.id, 5), event(6), event(7));
  first.drop();
  await base.clock.advance(500);
  const socket = await base.open();
  const request = socket.sentOf("subscribe")[0];
  expect(request?.since).toEqual({ epoch: "e1", offset: 7 });
  log.messages.length = 0;
  return { ...base, log, socket, id: request?.id };
}

describe("resuming", () => {
  it("goes on where it was, and shows nothing", async () => {
    const { log, socket, id } = await reconnected();
    expect(log.subscription.state).toBe("pending");
    socket.say(subscribed(id, 7, { resumed: true }), event(8), event(9));
    expect(told(log)).toEqual(["event 8", "event 9"]);
    expect(log.states).toEqual(["live", "pending", "live"]);
    expect(log.errors).toEqual([]);
  });

  it("shows the gap where the history did not reach", async () => {
    const { log, socket, id } = await reconnected();
    const expired = gap(40, { reason: "history_expired", missed: 33 });
    socket.say(subscribed(id, 40, { resumed: false }), expired, event(41));
    expect(log.messages).toEqual([expired, event(41)]);
    expect(log.errors).toEqual([]);
  });

  it("shows the gap where the answer still tells the place before it", async () => {
    const { log, socket, id } = await reconnected();
    const expired = gap(40, { reason: "history_expired", missed: 33 });
    socket.say(subscribed(id, 7, { resumed: false }), expired, event(41));
    expect(log.messages).toEqual([expired, event(41)]);
    expect(log.errors).toEqual([]);
  });

  it("shows the gap of a gateway that was restarted", async () => {
    const { clock, log, socket, open, id } = await reconnected();
    const restarted = gap(2, { reason: "gateway_restarted", missed: null });
    socket.say(subscribed(id, 2, { resumed: false, epoch: "e2" }), restarted, event(3));
    expect(log.messages).toEqual([restarted, event(3)]);
    socket.drop();
    await clock.advance(500);
    const since = (await open()).sentOf("subscribe")[0]?.since;
    expect(since).toEqual({ epoch: "e2", offset: 3 });
  });

  it("asks for the same place again when the connection broke before the gap", async () => {
    const { clock, log, socket, open, id } = await reconnected();
    socket.say(subscribed(id, 40, { resumed: false }));
    socket.drop();
    await clock.advance(500);
    const since = (await open()).sentOf("subscribe")[0]?.since;
    expect(since).toEqual({ epoch: "e1", offset: 7 });
    expect(log.messages).toEqual([]);
  });

  it("makes a gap itself, and reports the gateway, where the gateway owes one", async () => {
    const { log, socket, id } = await reconnected();
    socket.say(subscribed(id, 40, { resumed: false }), event(41));
    expect(log.messages).toMatchObject([
      { type: "gap", offset: 40, reason: "resubscribed", missed: null },
      { type: "event", offset: 41 },
    ]);
    expect(log.errors).toEqual(["gap_missing"]);
  });

  it("does the same where the gateway resumed elsewhere", async () => {
    const { log, socket, id } = await reconnected();
    socket.say(subscribed(id, 9, { resumed: true }), event(10));
    expect(log.messages).toMatchObject([
      { type: "gap", offset: 9, missed: null },
      { type: "event", offset: 10 },
    ]);
    expect(log.errors).toEqual(["gap_missing"]);
  });

  it("shows the snapshot behind the gap, wherever it came", async () => {
    const { log, socket, id } = await reconnected({ snapshot: 10 });
    const answer = subscribed(id, 40, { resumed: false, snapshot: [], truncated: true });
    socket.say(answer, gap(40, { missed: 33 }), snapshot(40), event(41));
    expect(told(log)).toEqual(["gap 40", "snapshot 40", "snapshot 40", "event 41"]);
    expect(log.messages[1]).toEqual({ ...snapshot(40), truncated: true });
    expect(log.errors).toEqual([]);
  });
});

describe("a gateway that breaks its promise", () => {
  it("is asked again for what it left out", async () => {
    const { clock, log, socket, id } = await reconnected();
    socket.say(subscribed(id, 7, { resumed: true }), event(8), event(11), event(12));
    expect(log.errors).toEqual(["offset_jump"]);
    expect(told(log)).toEqual(["event 8"]);
    await clock.advance(250);
    const again = socket.sentOf("subscribe")[1];
    expect(again?.since).toEqual({ epoch: "e1", offset: 8 });
    socket.say(event(13), subscribed(again?.id, 8, { resumed: true }));
    socket.say(event(9), event(10), event(11), event(12), event(13));
    expect(told(log)).toEqual([8, 9, 10, 11, 12, 13].map((offset) => `event ${offset}`));
    expect(log.errors).toEqual(["offset_jump"]);
  });

  it("is asked later and later while it goes on so", async () => {
    const { clock, log, socket, id } = await reconnected();
    socket.say(subscribed(id, 7, { resumed: true }));
    for (const [time, delay] of [250, 500, 1_000, 2_000].entries()) {
      socket.say(event(11));
      await clock.advance(delay - 1);
      expect(socket.sentOf("subscribe")).toHaveLength(time + 1);
      await clock.advance(1);
      socket.say(subscribed(socket.sentOf("subscribe").at(-1)?.id, 7, { resumed: true }));
    }
    expect(log.errors).toHaveLength(4);
    socket.say(event(8));
    expect(told(log)).toEqual(["event 8"]);
  });

  it("has what it repeats dropped and reported", async () => {
    const { log, socket, id } = await reconnected();
    socket.say(subscribed(id, 7, { resumed: true }), event(8), event(8), event(3), event(9));
    expect(told(log)).toEqual(["event 8", "event 9"]);
    expect(log.errors).toEqual(["offset_repeated", "offset_repeated"]);
  });

  it("leaves no timer behind when the application gives up on it", async () => {
    const { clock, log, socket, id, wire } = await reconnected();
    socket.say(subscribed(id, 7, { resumed: true }));
    log.subscription.on("error", () => wire.close());
    socket.say(event(11));
    expect([wire.state, clock.pending]).toEqual(["closed", 0]);
  });
});
