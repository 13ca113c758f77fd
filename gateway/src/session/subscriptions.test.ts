import { describe, expect, it } from "vitest";
import { Bench, LIMITS, type TestClient } from "./testing/bench.js";
import { batchOf } from "./testing/fake-channels.js";

async function opened(): Promise<{ bench: Bench; client: TestClient }> {
  const bench = new Bench();
  return { bench, client: await bench.open() };
}

describe("subscribing", () => {
  it("hands the name, what it means, and the options on, and answers when it is served", async () => {
    const { bench, client } = await opened();
    await client.subscribe("prefix@3:order:", {
      id: 5,
      events: ["set"],
      since: { epoch: "e0", offset: 7 },
    });
    expect(bench.channels.newest).toMatchObject({
      name: "prefix@3:order:",
      interest: { kind: "prefix", db: 3 },
      options: { events: ["set"] },
      since: { epoch: "e0", offset: 7 },
    });
    expect(client.transport.of("subscribed")).toEqual([]);
    bench.channels.newest.accept({ epoch: "e1", offset: 3, resumed: true });
    await bench.settle();
    expect(client.transport.of("subscribed")).toEqual([
      {
        type: "subscribed",
        id: 5,
        channel: "prefix@3:order:",
        epoch: "e1",
        offset: 3,
        resumed: true,
      },
    ]);
  });

  it("sends the gap, then the replay, then what comes", async () => {
    const { bench, client } = await opened();
    await client.subscribe("key:a");
    bench.channels.newest.accept({
      offset: 1,
      resumed: false,
      gap: { reason: "history_expired", missed: 4, offset: 5, from: 1, to: 2 },
      replay: [batchOf("key:a", "e1", 6, 2)],
    });
    bench.channels.newest.deliver(batchOf("key:a", "e1", 8, 1));
    await bench.settle();
    expect(client.transport.messages.slice(1)).toMatchObject([
      { type: "subscribed", offset: 1, resumed: false },
      { type: "gap", channel: "key:a", offset: 5, reason: "history_expired", missed: 4 },
      { type: "event", offset: 6 },
      { type: "event", offset: 7 },
      { type: "event", offset: 8 },
    ]);
  });

  it.each([
    ["nonsense", {}, "bad_request"],
    ["key:a", { value: true }, "unsupported"],
  ])("answers a refusal: %s %j", async (channel, options, code) => {
    const { bench, client } = await opened();
    await client.subscribe(channel, { id: 1, ...options });
    expect(client.transport.of("error")).toMatchObject([{ id: 1, code }]);
    expect(bench.refused).toEqual([code]);
    expect(client.session.status.subscriptions).toEqual([]);
  });

  it("refuses what the token does not allow", async () => {
    const bench = new Bench();
    bench.auth.tokens.set("little", { allowed: ["a:"] });
    const client = await bench.open("little");
    await client.subscribe("key:b", { id: 1 });
    expect(client.transport.of("error")).toMatchObject([{ id: 1, code: "forbidden" }]);
    expect(bench.channels.joins).toEqual([]);
  });

  it("takes as many as the limit, those on their way counted, and one more when one has left", async () => {
    const { bench, client } = await opened();
    for (let id = 1; id <= 5; id++) await client.subscribe(`key:${id}`, { id });
    expect(client.transport.of("error")).toMatchObject([{ id: 5, code: "limit_exceeded" }]);
    expect(bench.limited).toEqual(["subscriptions"]);
    bench.channels.joins[0]?.refuse();
    await client.subscribe("key:6", { id: 6 });
    expect(bench.channels.newest.name).toBe("key:6");
    // Another subscription to a name that it has takes no more room.
    await client.subscribe("key:6", { id: 7, events: ["set"] });
    expect(client.transport.of("error").map(({ id }) => id)).toEqual([5, 1]);
  });
});

describe("subscribing again", () => {
  it("serves the old one until the new one is served, and not a message less", async () => {
    const { bench, client } = await opened();
    await client.subscribe("key:a");
    const old = bench.channels.newest;
    old.accept();
    await client.subscribe("key:a", { id: 2, events: ["set"] });
    old.deliver(batchOf("key:a", "e1", 1, 1));
    old.last = batchOf("key:a", "e1", 2, 1);
    bench.channels.newest.accept({ epoch: "e2", offset: 40 });
    await bench.settle();
    expect(client.transport.messages.slice(2)).toMatchObject([
      { type: "event", offset: 1 },
      { type: "event", offset: 2 },
      { type: "subscribed", id: 2, epoch: "e2", offset: 40 },
    ]);
    expect(old.state).toBe("left");
  });

  it("tells a gap of what was on its way on the old one, which the new one does not bring", async () => {
    const { bench, client } = await opened();
    await client.subscribe("key:a");
    const old = bench.channels.newest;
    old.accept();
    old.unfinished = 1_000;
    await client.subscribe("key:a", { id: 2, events: ["set"] });
    bench.channels.newest.accept({ epoch: "e2", offset: 40 });
    bench.channels.newest.deliver(batchOf("key:a", "e2", 41, 1));
    await bench.settle();
    expect(client.transport.messages.slice(2)).toMatchObject([
      { type: "subscribed", id: 2, epoch: "e2", offset: 40 },
      {
        type: "gap",
        channel: "key:a",
        offset: 40,
        reason: "resubscribed",
        missed: null,
        from: 1_000,
      },
      { type: "event", offset: 41 },
    ]);
  });

  it("tells none where both are one channel, on which it is on its way still", async () => {
    const { bench, client } = await opened();
    await client.subscribe("key:a");
    bench.channels.newest.accept();
    bench.channels.newest.unfinished = 1_000;
    await client.subscribe("key:a", { id: 2 });
    bench.channels.newest.accept();
    await bench.settle();
    expect(client.transport.of("gap")).toEqual([]);
  });

  it("leaves the old one where the new one is refused", async () => {
    const { bench, client } = await opened();
    await client.subscribe("key:a");
    const old = bench.channels.newest;
    old.accept();
    await client.subscribe("key:a", { id: 2, events: ["set"] });
    bench.channels.newest.refuse();
    await client.subscribe("key:a", { id: 3, value: true });
    old.deliver(batchOf("key:a", "e1", 1, 1));
    await bench.settle();
    expect(client.transport.of("error").map(({ id }) => id)).toEqual([2, 3]);
    expect(client.transport.of("event")).toHaveLength(1);
    expect(client.session.status.subscriptions).toEqual(["key:a"]);
  });
});

it("has the transports of several clients look ahead before the first one sends", async () => {
  const { bench, client } = await opened();
  const other = await bench.open("bob");
  for (const each of [client, other]) await each.subscribe("key:a");
  const { transport } = client;
  const [send, before] = [transport.send.bind(transport), other.transport.looks];
  let looks = before;
  transport.send = (items) => {
    looks = other.transport.looks;
    return send(items);
  };
  for (const join of bench.channels.joins) join.accept();
  expect([looks, other.transport.writes]).toEqual([before, 1]);
  bench.endTurn();
  expect([looks, other.transport.writes]).toEqual([before + 1, 2]);
});

describe("unsubscribing", () => {
  it("sends what came before, then the answer, then nothing", async () => {
    const { bench, client } = await opened();
    await client.subscribe("key:a");
    const join = bench.channels.newest;
    join.accept();
    join.last = batchOf("key:a", "e1", 1, 1);
    await client.send({ type: "unsubscribe", id: 2, channel: "key:a" });
    expect(client.transport.messages.slice(-2)).toMatchObject([
      { type: "event", offset: 1 },
      { type: "unsubscribed", id: 2, channel: "key:a" },
    ]);
    expect(join.state).toBe("left");
  });

  it("is an error where there is nothing to leave", async () => {
    const { client } = await opened();
    await client.send({ type: "unsubscribe", id: 2, channel: "key:a" });
    expect(client.transport.of("error")).toMatchObject([{ id: 2, code: "bad_request" }]);
  });
});

describe("requests for a channel that is on its way", () => {
  it("wait for it, and are all answered in order", async () => {
    const { bench, client } = await opened();
    const channel = "key:a";
    await client.send(
      { type: "subscribe", id: 1, channel },
      { type: "unsubscribe", id: 2, channel },
      { type: "unsubscribe", id: 3, channel },
      { type: "subscribe", id: 4, channel },
      { type: "subscribe", id: 5, channel: "key:b" },
    );
    expect(bench.channels.joins.map(({ name }) => name)).toEqual(["key:a", "key:b"]);
    bench.channels.joins[0]?.accept();
    await bench.settle();
    expect(client.transport.messages.slice(1)).toMatchObject([
      { type: "subscribed", id: 1 },
      { type: "unsubscribed", id: 2 },
      { type: "error", id: 3, code: "bad_request" },
    ]);
    bench.channels.newest.accept();
    await bench.settle();
    expect(client.transport.messages.at(-1)).toMatchObject({ type: "subscribed", id: 4 });
  });

  it("leave what is answered before it is held", async () => {
    const { bench, client } = await opened();
    const channel = "key:a";
    bench.channels.atOnce = (join) => {
      if (bench.channels.joins.length > 1) join.accept();
    };
    await client.send(
      { type: "subscribe", id: 1, channel },
      { type: "subscribe", id: 2, channel },
      { type: "unsubscribe", id: 3, channel },
    );
    bench.channels.joins[0]?.accept();
    await bench.settle();
    expect(client.transport.messages.slice(1)).toMatchObject([
      { type: "subscribed", id: 1 },
      { type: "subscribed", id: 2 },
      { type: "unsubscribed", id: 3 },
    ]);
    expect(bench.channels.joins.map(({ state }) => state)).toEqual(["left", "left"]);
  });

  it("are forgotten with the session", async () => {
    const { bench, client } = await opened();
    await client.subscribe("key:a", { id: 1 });
    await client.subscribe("key:a", { id: 2 });
    client.session.disconnected();
    expect(bench.channels.joins.map(({ state }) => state)).toEqual(["left"]);
    bench.channels.newest.accept();
    await bench.settle();
    expect(bench.channels.joins).toHaveLength(1);
  });
});

it("answers with more keys than may wait do not end a client: it is told of them as it reads", async () => {
  const bench = new Bench();
  const client = await bench.open("alice", 1);
  const { transport } = client;
  const names = ["prefix:a", "prefix:b", "prefix:c", "prefix:d"];
  const keysOf = (name: string) => [{ key: name.padEnd(4_000, "."), value: null }];
  for (const name of names) {
    await client.subscribe(name, { snapshot: 10 });
    bench.channels.newest.accept({ offset: 7, snapshot: keysOf(name) });
  }
  bench.channels.newest.deliver(batchOf("prefix:d", "e1", 8, 1));
  await bench.settle();
  expect(transport.ended).toBeUndefined();
  expect(client.session.status.outbox).toBeLessThan(LIMITS.outbox);
  for (let round = 0; round < 20; round++) transport.take();
  expect(transport.of("subscribed").map(({ channel }) => channel)).toEqual(names);
  // Each has its keys in the answer, or a gap instead, behind which it gets them anew.
  for (const [index, channel] of names.entries()) {
    const [answer] = transport.of("subscribed").filter((one) => one.channel === channel);
    const gaps = transport.of("gap").filter((one) => one.channel === channel);
    const missed = channel === "prefix:d" ? 1 : 0;
    if (answer?.snapshot === undefined) {
      expect(gaps).toMatchObject([{ reason: "slow_consumer", missed, offset: 7 + missed }]);
      expect(bench.channels.joins[index]?.resyncs).toBe(1);
    } else expect(gaps).toEqual([]);
  }
  expect(transport.of("subscribed").some(({ snapshot }) => snapshot === undefined)).toBe(true);
});
