import { WireError } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import type { RegistryLimits } from "./registry.js";
import { Bench, LIMITS } from "./testing/bench.js";

const VERIFIED = [
  ["later", Promise.resolve()],
  ["at once", undefined],
] as const;

function benchWith(gate: Promise<void> | undefined, limits?: Partial<RegistryLimits>): Bench {
  const bench = new Bench(limits);
  bench.auth.gate = gate;
  return bench;
}

describe.each(VERIFIED)("opening, where tokens are verified %s,", (_, gate) => {
  it("welcomes who shows a good token, and says what holds here", async () => {
    const bench = benchWith(gate);
    const { transport, session } = await bench.open("alice");
    expect(transport.messages).toEqual([
      {
        type: "welcome",
        protocol: 1,
        session: "s1",
        user: "alice",
        expires: bench.clock.now() + 3_600_000,
        heartbeat: 25_000,
        limits: { subscriptions: 4, message: 65_536 },
      },
    ]);
    expect(session.state).toBe("open");
  });

  it("takes the token as the first message", async () => {
    const bench = benchWith(gate);
    const client = bench.connect();
    await client.send({ type: "auth", token: "alice" });
    expect(client.transport.of("welcome")).toHaveLength(1);
  });

  it("answers in order what came while the token was being verified", async () => {
    const bench = benchWith(gate);
    const client = bench.connect();
    await client.send({ type: "auth", token: "alice" }, { type: "ping" }, "nonsense");
    expect(client.transport.messages.map(({ type }) => type)).toEqual(["welcome", "pong", "error"]);
  });

  it("ends who shows no token in time", async () => {
    const bench = benchWith(gate);
    const { transport, session } = bench.connect();
    await bench.advance(LIMITS.authTimeout - 1_000);
    expect(session.state).toBe("opening");
    await bench.advance(1_500);
    expect(transport.of("error")).toMatchObject([{ code: "unauthorized" }]);
    expect(transport.ended).toMatchObject({ code: 4401 });
    expect(bench.limited).toEqual(["auth_timeout"]);
  });

  it("ends who says anything else first", async () => {
    const bench = benchWith(gate);
    const client = bench.connect();
    await client.send({ type: "subscribe", id: 7, channel: "key:a:1" });
    expect(client.transport.of("error")).toMatchObject([{ id: 7, code: "unauthorized" }]);
    expect(client.transport.ended).toMatchObject({ code: 4401 });
  });

  it.each([
    ["none", new WireError("unauthorized", "no"), 4401, "unauthorized"],
    ["an expired one", new WireError("token_expired", "old"), 4401, "token_expired"],
    ["one that cannot be verified now", new WireError("unavailable", "no"), 1012, "unavailable"],
    ["one over which the gateway fails", new Error("a bug"), 1012, "internal"],
  ])("ends who shows %s", async (_, fault, closeCode, code) => {
    const bench = benchWith(gate);
    bench.auth.tokens.set("bad", fault);
    const { transport } = await bench.open("bad");
    expect(transport.of("error")).toMatchObject([{ code }]);
    expect(transport.ended).toMatchObject({ code: closeCode });
    expect(JSON.stringify(transport.messages)).not.toContain("a bug");
  });

  it("ends who shows a revoked one", async () => {
    const bench = benchWith(gate);
    bench.auth.revoked.add("alice");
    const { transport } = await bench.open("alice");
    expect(transport.ended).toMatchObject({ code: 4401 });
  });

  it("does not hold more than it should while a token is verified", async () => {
    const bench = benchWith(gate);
    bench.auth.gate = new Promise(() => {});
    const client = bench.connect();
    const filler = JSON.stringify({ type: "subscribe", channel: "k".repeat(60_000) });
    await client.send({ type: "auth", token: "alice" });
    for (let count = 0; count < 5; count++) await client.send(filler);
    expect(client.transport.of("error")).toMatchObject([{ code: "rate_limited" }]);
    expect(client.transport.ended).toMatchObject({ code: 4429 });
  });
});

describe.each(VERIFIED)("a token, verified %s, that replaces another", (_, gate) => {
  it("is welcomed again, and its expiry counts from then on", async () => {
    const bench = benchWith(gate);
    bench.auth.tokens.set("long", { user: "alice", expires: bench.clock.now() + 7_200_000 });
    const client = await bench.open("alice");
    await client.send({ type: "auth", token: "long" });
    expect(client.transport.of("welcome").map(({ expires }) => expires)).toEqual([
      bench.clock.now() + 3_600_000,
      bench.clock.now() + 7_200_000,
    ]);
    await bench.advance(3_700_000);
    expect(client.session.state).toBe("open");
  });

  it("ends what it does not cover any more, and leaves the rest", async () => {
    const bench = benchWith(gate);
    bench.auth.tokens.set("less", { user: "alice", allowed: ["a:"] });
    bench.channels.atOnce = (join) => join.accept();
    const client = await bench.open("alice");
    await client.subscribe("key:a:1");
    await client.subscribe("key:b:1");
    await client.send({ type: "auth", token: "less" });
    expect(client.transport.of("unsubscribed")).toEqual([
      {
        type: "unsubscribed",
        channel: "key:b:1",
        code: "forbidden",
        message: expect.stringContaining("b:1"),
      },
    ]);
    expect(bench.channels.joined).toEqual(["key:a:1"]);
  });

  it("refuses what was asked for under the old one and is not served yet", async () => {
    const bench = benchWith(gate);
    bench.auth.tokens.set("less", { user: "alice", allowed: ["a:"] });
    const client = await bench.open("alice");
    await client.subscribe("key:b:1", { id: 7 });
    await client.send({ type: "auth", token: "less" });
    expect(client.transport.of("error")).toMatchObject([{ id: 7, code: "forbidden" }]);
    expect(bench.channels.newest.state).toBe("left");
    bench.channels.newest.accept();
    await bench.settle();
    expect(client.transport.of("subscribed")).toEqual([]);
  });

  it("serves what was asked for behind it under the new one", async () => {
    const bench = benchWith(gate);
    bench.auth.tokens.set("little", { user: "alice", allowed: ["a:"] });
    const client = await bench.open("little");
    await client.send(
      { type: "auth", token: "alice" },
      { type: "subscribe", id: 1, channel: "key:b:1" },
    );
    expect(bench.channels.newest.name).toBe("key:b:1");
  });

  it("leaves the old one in force where it is no good", async () => {
    const bench = benchWith(gate);
    const client = await bench.open("alice");
    await client.send({ type: "auth", token: "!" }, { type: "ping" });
    expect(client.transport.of("error")).toMatchObject([{ code: "unauthorized" }]);
    expect(client.transport.of("pong")).toHaveLength(1);
    expect(client.session.state).toBe("open");
  });

  it("may be of another user, whose limit counts then", async () => {
    const bench = benchWith(gate, { sessionsPerUser: 1 });
    const client = await bench.open("alice");
    await client.send({ type: "auth", token: "bob" });
    expect(client.session.identity?.user).toBe("bob");
    const alice = await bench.open("alice");
    expect(alice.session.state).toBe("open");
    await alice.send({ type: "auth", token: "bob" });
    expect(alice.transport.of("error")).toMatchObject([{ code: "limit_exceeded" }]);
    expect(alice.session.identity?.user).toBe("alice");
  });
});

describe("the end of a token", () => {
  it("is told 30 s ahead, and ends the session", async () => {
    const bench = new Bench();
    const client = await bench.open("alice");
    const at = bench.clock.now() + 3_600_000;
    await bench.advance(3_569_000);
    expect(client.transport.of("expiring")).toEqual([]);
    await bench.advance(1_500);
    expect(client.transport.of("expiring")).toEqual([{ type: "expiring", at }]);
    await bench.advance(29_000);
    expect(client.session.state).toBe("open");
    await bench.advance(1_000);
    expect(client.transport.of("error")).toMatchObject([{ code: "token_expired" }]);
    expect(client.transport.ended).toMatchObject({ code: 4409 });
  });

  it("is told at once where it is near when the token comes", async () => {
    const bench = new Bench();
    bench.auth.tokens.set("short", { expires: bench.clock.now() + 5_000 });
    const client = await bench.open("short");
    expect(client.transport.messages.map(({ type }) => type)).toEqual(["welcome", "expiring"]);
    await bench.advance(5_500);
    expect(client.transport.ended).toMatchObject({ code: 4409 });
  });

  it("comes with its tolerance for one that was let in past its time", async () => {
    const bench = new Bench();
    const now = bench.clock.now();
    bench.auth.tokens.set("late", { expires: now - 2_000, countsUntil: now + 3_000 });
    const client = await bench.open("late");
    await client.subscribe("key:a");
    expect(client.session.state).toBe("open");
    await bench.advance(3_500);
    expect(client.transport.ended).toMatchObject({ code: 4409 });
  });

  it("does not come early for a token that lives for years", async () => {
    const bench = new Bench();
    bench.auth.tokens.set("long", { expires: bench.clock.now() + 10 * 365 * 86_400_000 });
    const client = await bench.open("long");
    await bench.advance(60_000);
    expect(client.session.state).toBe("open");
  });

  it("comes with its revocation, for whom it concerns alone", async () => {
    const bench = new Bench();
    const [alice, bob] = [await bench.open("alice"), await bench.open("bob")];
    bench.auth.revoked.add("alice");
    bench.registry.checkRevoked();
    expect(alice.transport.ended).toMatchObject({ code: 4409 });
    expect(alice.transport.of("error")).toMatchObject([{ code: "unauthorized" }]);
    expect(bob.session.state).toBe("open");
  });
});

describe("messages that are none", () => {
  it.each([
    ["not JSON", "{", /is JSON, and "\{" is not/],
    ["no object", "[1]", /JSON object with a "type"/],
    ["no type", {}, /"type" is missing, and takes one of auth, subscribe/],
    ["an unknown type", { type: "shout" }, /"type" is "shout", and takes one of/],
    ["a type of everything", { type: "toString" }, /"type" is "toString"/],
    ["a missing field", { type: "subscribe" }, /"channel" is missing, and takes text/],
    [
      "an id that is too long",
      { type: "subscribe", id: "x".repeat(129), channel: "key:a:1" },
      /"id" is "x+…, and takes a number, or text of up to 128 characters$/,
    ],
    ["a wrong type", { type: "subscribe", channel: 5 }, /"channel" is 5, and takes text/],
    [
      "wrong types inside",
      { type: "subscribe", channel: "key:a", events: ["set", 5] },
      /"events.1" is 5, and takes event names/,
    ],
    [
      "a wrong place",
      { type: "subscribe", channel: "key:a", since: { epoch: "a", offset: -1 } },
      /"since.offset" is -1, and takes an integer from 0/,
    ],
  ])("are answered: %s", async (_, message, sentence) => {
    const bench = new Bench();
    const client = await bench.open();
    await client.send(message);
    expect(client.transport.of("error")).toMatchObject([
      { code: "bad_request", message: expect.stringMatching(sentence) },
    ]);
    expect(client.session.state).toBe("open");
  });

  it("are answered with the id, where they have a readable one", async () => {
    const bench = new Bench();
    const client = await bench.open();
    await client.send(
      { type: "subscribe", id: "x" },
      { type: "shout", id: 3 },
      { type: "shout", id: {} },
    );
    expect(client.transport.of("error").map(({ id }) => id)).toEqual(["x", 3, undefined]);
  });

  it("do not flood the answer", async () => {
    const bench = new Bench();
    const client = await bench.open();
    await client.send({ type: "x".repeat(60_000) });
    expect(client.transport.texts.at(-1)?.length).toBeLessThan(300);
  });

  it("are taken all the same where they leave a channel, which would be sent for ever", async () => {
    const bench = new Bench();
    bench.channels.atOnce = (join) => join.accept();
    const client = await bench.open();
    await client.subscribe("key:a");
    for (let count = 0; count < 200; count++) await client.send({ type: "ping" });
    await client.send({ type: "unsubscribe", id: 9, channel: "key:a" });
    expect(client.session.status.subscriptions).toEqual([]);
    expect(client.transport.of("unsubscribed")).toMatchObject([{ id: 9, channel: "key:a" }]);
  });

  it("close the connection when they go on", async () => {
    const bench = new Bench();
    const client = await bench.open();
    for (let count = 0; count < 9; count++) await client.send("{");
    expect(client.session.state).toBe("open");
    await client.send("{");
    expect(client.transport.of("error")).toHaveLength(10);
    expect(client.transport.ended).toMatchObject({ code: 4400 });
  });

  it("are not unknown fields, nor several lines, nor empty ones among them", async () => {
    const bench = new Bench();
    const client = await bench.open();
    await client.send({ type: "ping", colour: "red" }, "", { type: "ping" });
    expect(client.transport.of("pong")).toHaveLength(2);
    expect(client.transport.of("error")).toEqual([]);
  });
});

describe("messages too fast", () => {
  it("are refused with their id, and taken again after a while", async () => {
    const bench = new Bench();
    const client = await bench.open();
    for (let id = 0; id < 205; id++) await client.subscribe("nonsense", { id });
    expect(client.transport.of("error").slice(-5)).toMatchObject(
      [200, 201, 202, 203, 204].map((id) => ({ id, code: "rate_limited" })),
    );
    await bench.advance(1_000);
    await client.send({ type: "ping" });
    expect(client.transport.of("pong")).toHaveLength(1);
    expect(bench.limited).toHaveLength(5);
  });

  it("close the connection when they go on", async () => {
    const bench = new Bench();
    const client = await bench.open();
    for (let id = 0; id < 10_000 && client.session.state === "open"; id++) {
      await client.send({ type: "ping" });
    }
    expect(client.transport.of("pong")).toHaveLength(200);
    expect(client.transport.ended).toMatchObject({ code: 4429 });
    expect(bench.received).toBeLessThan(500);
  });
});

describe("closing", () => {
  it("sends what waits, leaves all channels, and counts until the transport is gone", async () => {
    const bench = new Bench();
    bench.channels.atOnce = (join) => join.accept();
    const client = await bench.open();
    await client.subscribe("key:a");
    client.session.receive(JSON.stringify({ type: "ping" }));
    client.session.close(1001, "bye");
    expect(client.transport.of("pong")).toHaveLength(1);
    expect(bench.channels.joined).toEqual([]);
    expect(bench.registry.size).toBe(1);
    await bench.clock.advance(5);
    client.session.disconnected();
    client.session.disconnected();
    expect(bench.registry.size).toBe(0);
    expect(bench.closed).toEqual([[1001, 5]]);
  });

  it("ignores what comes afterwards", async () => {
    const bench = new Bench();
    const client = await bench.open();
    client.session.close(1001, "bye");
    const before = client.transport.texts.length;
    await client.send({ type: "ping" }, "nonsense", { type: "auth", token: "bob" });
    await client.subscribe("key:a");
    client.session.close(4400, "again");
    expect(client.transport.texts).toHaveLength(before);
    expect(bench.channels.joins).toEqual([]);
  });

  it("holds nothing of a token that was verified too late", async () => {
    const bench = new Bench();
    const client = bench.connect();
    void client.session.authenticate("alice");
    client.session.disconnected();
    await bench.settle();
    expect(client.transport.texts).toEqual([]);
    expect(bench.closed).toEqual([[undefined, 0]]);
    const other = await bench.open("alice");
    expect(other.session.state).toBe("open");
  });
});
