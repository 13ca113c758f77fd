import { VirtualClock } from "@keywire/shared/testing";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { ConnectOptions, Wire } from "./api.js";
import { connect } from "./connect.js";
import { type FakeFetch, type FakeStream, fakeFetch, streamed } from "./testing/fake-stream.js";
import { logged, told } from "./testing/harness.js";
import { CHANNEL, event, gap, subscribed, welcome } from "./testing/messages.js";

const wires: Wire[] = [];
afterEach(() => {
  for (const wire of wires.splice(0)) wire.close();
});

interface Stage extends FakeFetch {
  readonly clock: VirtualClock;
  readonly wire: Wire;
  readonly errors: string[];
  readonly reasons: string[];
  settle(ms?: number): Promise<void>;
  /** Accepts the newest stream, welcomes the client, and confirms all it asks for at an offset. */
  open(offset?: number): Promise<FakeStream>;
}

function stage(options: ConnectOptions = {}): Stage {
  const clock = new VirtualClock();
  const network = fakeFetch();
  const wire = connect("ws://gateway.test/v1/ws", {
    clock,
    random: () => 0.5,
    fetch: network.fetch,
    transport: "sse",
    token: () => "token",
    ...options,
  });
  wires.push(wire);
  const [errors, reasons]: [string[], string[]] = [[], []];
  wire.on("error", ({ code }) => errors.push(code));
  wire.on("state", ({ reason }) => reasons.push(reason));
  const settle = async (ms = 0) => {
    await clock.advance(ms);
    await streamed();
    await clock.advance(0);
  };
  const open = async (offset = 5) => {
    await settle();
    const stream = network.latest;
    stream.accept();
    stream.say(welcome());
    for (const { id, channel, since } of stream.subscribes) {
      stream.say(
        subscribed(id, since?.offset ?? offset, { channel, resumed: since !== undefined }),
      );
    }
    await settle();
    return stream;
  };
  return {
    clock,
    wire,
    errors,
    reasons,
    settle,
    open,
    fetch: network.fetch,
    streams: network.streams,
    get latest() {
      return network.latest;
    },
  };
}

describe("a connection over SSE", () => {
  it("says all it has to say in the request", async () => {
    const { wire, open } = stage();
    wire.subscribe(CHANNEL, { events: ["set"] });
    wire.subscribe("key:ä&b");
    const { url, headers, subscribes } = await open();
    expect(url.origin + url.pathname).toBe("http://gateway.test/v1/sse");
    expect(Object.fromEntries(headers)).toEqual({
      accept: "text/event-stream",
      authorization: "Bearer token",
    });
    expect(subscribes).toMatchObject([
      { type: "subscribe", channel: CHANNEL, events: ["set"] },
      { type: "subscribe", channel: "key:ä&b" },
    ]);
    expect(url.href).not.toContain("token");
    expect([wire.state, wire.transport]).toEqual(["open", "sse"]);
  });

  it("tells what the stream tells", async () => {
    const { wire, open, settle } = stage();
    const log = logged(wire);
    const stream = await open();
    stream.say(event(6), gap(7));
    await settle();
    expect(log.messages).toEqual([event(6), gap(7)]);
  });

  it("is idle for as long as there is nothing to stream", async () => {
    const { wire, streams, open, settle } = stage();
    await settle();
    expect([wire.state, streams.length]).toEqual(["idle", 0]);
    const orders = wire.subscribe(CHANNEL);
    const stream = await open();
    expect(wire.state).toBe("open");
    orders.close();
    await settle();
    expect([wire.state, stream.state, streams.length]).toEqual(["idle", "closed", 1]);
    wire.subscribe(CHANNEL);
    await open();
    expect(wire.state).toBe("open");
  });

  it("opens one new stream for all that changes in a turn, and resumes there", async () => {
    const { wire, streams, open, settle } = stage();
    const log = logged(wire);
    const items = logged(wire, {}, "prefix:item:");
    const first = await open();
    first.say(event(6));
    await settle();
    items.subscription.close();
    const users = logged(wire, {}, "prefix:user:");
    const second = await open();
    expect([first.state, streams.length]).toEqual(["closed", 2]);
    expect(second.subscribes).toMatchObject([
      { channel: CHANNEL, since: { epoch: "e1", offset: 6 } },
      { channel: "prefix:user:" },
    ]);
    first.say(event(7));
    second.say(
      event(7),
      event(1, { channel: "prefix:user:" }),
      event(6, { channel: "prefix:user:" }),
    );
    await settle();
    expect(told(log)).toEqual(["event 6", "event 7"]);
    expect(told(users)).toEqual(["event 6"]);
    expect(wire.state).toBe("open");
  });

  it("gives the gateway its own cursor back when a channel goes", async () => {
    const { wire, open, settle } = stage();
    wire.subscribe(CHANNEL);
    const items = wire.subscribe("prefix:item:");
    const first = await open();
    first.write('id: opaque, ünd so\ndata: {"type":"pong"}\n\nid: not yet\n');
    await settle();
    items.close();
    const second = await open();
    expect(second.headers.get("Last-Event-ID")).toBe("opaque, ünd so");
  });

  it("does not give the cursor back where a channel is to begin anew", async () => {
    const { wire, open } = stage();
    logged(wire, { snapshot: 10 });
    await open();
    logged(wire, { snapshot: 10 });
    const second = await open();
    expect(second.headers.has("Last-Event-ID")).toBe(false);
    expect(second.subscribes[0]).not.toHaveProperty("since");
  });

  it("renews its token with a new stream", async () => {
    let count = 0;
    const { wire, streams, open, settle } = stage({ token: () => `token ${++count}` });
    const log = logged(wire);
    const first = await open();
    first.say({ type: "expiring", at: 1 });
    await settle();
    const second = await open();
    expect([first.token, second.token, streams.length]).toEqual(["token 1", "token 2", 2]);
    second.say(event(6));
    await settle();
    expect(told(log)).toEqual(["event 6"]);
    expect(wire.state).toBe("open");
  });

  it("comes back after the stream ended, and resumes", async () => {
    const { wire, open, settle } = stage();
    wire.subscribe(CHANNEL);
    const first = await open();
    first.drop();
    await settle();
    expect(wire.state).toBe("waiting");
    await settle(250);
    const { subscribes } = await open();
    expect(subscribes[0]?.since).toEqual({ epoch: "e1", offset: 5 });
    expect(wire.state).toBe("open");
  });

  it("takes comments for a sign of life, and silence for none", async () => {
    const { wire, open, settle } = stage();
    wire.subscribe(CHANNEL);
    const stream = await open();
    for (let time = 0; time < 8; time++) {
      await settle(15_000);
      stream.write(": still here\n\n");
      await settle();
    }
    expect(wire.state).toBe("open");
    await settle(35_000);
    expect([wire.state, stream.state]).toEqual(["waiting", "closed"]);
  });

  it("stops at once when it is closed, even in the middle of asking", async () => {
    const {
      clock,
      wire,
      latest: _,
      ...rest
    } = await (async () => {
      const base = stage();
      base.wire.subscribe(CHANNEL);
      await base.settle();
      return base;
    })();
    wire.close();
    await rest.settle();
    expect([wire.state, rest.streams[0]?.state, clock.pending]).toEqual(["closed", "closed", 0]);
  });

  it.each([
    [400, "bad_request"],
    [403, "forbidden"],
  ])("fails on a status of %i that is none of the gateway's own", async (status, code) => {
    const { wire, errors, latest, settle } = await asked();
    latest.refuse(status);
    await settle();
    expect([wire.state, errors]).toEqual(["failed", [code]]);
  });

  it.each([401, 404, 429, 431, 500, 503])("tries again after a status of %i", async (status) => {
    const { wire, errors, reasons, latest, settle } = await asked();
    latest.refuse(status);
    await settle();
    expect([wire.state, errors]).toEqual(["waiting", []]);
    expect(reasons.at(-1)).toContain(`HTTP ${status}`);
  });

  it("says what the gateway says when it refuses for a while", async () => {
    const { wire, errors, reasons, latest, settle } = await asked();
    latest.refuse(503, { code: "unavailable", message: "no primary for the slot" });
    await settle();
    expect([wire.state, errors]).toEqual(["waiting", []]);
    expect(reasons.at(-1)).toBe("no primary for the slot (4503)");
  });

  it("tries again after a network that fails", async () => {
    const { wire, reasons, latest, settle } = await asked();
    latest.drop();
    await settle();
    expect(wire.state).toBe("waiting");
    expect(reasons.at(-1)).toContain("fetch failed");
  });

  it("refuses a channel that the gateway refuses in the stream, and no other", async () => {
    const { wire, open, settle } = stage();
    const secret = logged(wire, {}, "key:secret");
    const orders = logged(wire);
    const stream = await open();
    const id = stream.subscribes[0]?.id ?? 0;
    stream.say({ type: "unsubscribed", channel: "key:secret", code: "forbidden", message: "no" });
    stream.say({ type: "error", id, code: "forbidden", message: "late" });
    await settle();
    expect([secret.subscription.state, orders.subscription.state]).toEqual(["refused", "live"]);
  });

  it("finds out which channels had the whole stream refused, and serves the others", async () => {
    const { wire, streams, open, errors, settle } = stage();
    const logs = ["key:a", "key:secret", "key:b", "key:hidden"].map((name) =>
      logged(wire, {}, name),
    );
    await settle();
    for (let served = streams.length; served <= streams.length && served < 40; served++) {
      const stream = streams[served - 1];
      const names = stream?.subscribes.map(({ channel }) => channel) ?? [];
      const bad = names.find((name) => name === "key:secret" || name === "key:hidden");
      if (bad !== undefined) stream?.refuse(403, { code: "forbidden", message: `not ${bad}` });
      else if (names.length === 1) stream?.accept();
      else break;
      await settle();
    }
    await open();
    expect(logs.map(({ subscription }) => subscription.state)).toEqual([
      "live",
      "refused",
      "live",
      "refused",
    ]);
    expect(logs.map((log) => log.errors)).toEqual([[], ["forbidden"], [], ["forbidden"]]);
    expect([wire.state, errors]).toEqual(["open", []]);
    expect(streams.filter(({ state }) => state === "open")).toHaveLength(1);
  });

  it("opens no stream for a token that comes when the stream it was for is gone", async () => {
    let give: (token: string) => void = () => {};
    const late = new Promise<string>((resolve) => {
      give = resolve;
    });
    const tokens = ["first", late, "second"];
    const { wire, streams, open, settle } = stage({ token: () => tokens.shift() ?? "none" });
    wire.subscribe(CHANNEL);
    const first = await open();
    first.say({ type: "expiring", at: 1 });
    await settle();
    first.drop();
    await settle(250);
    await open();
    give("late");
    await settle();
    expect(streams.map(({ token }) => token)).toEqual(["first", "second"]);
    expect(wire.state).toBe("open");
  });

  it("opens no stream when it was closed by whom it told of a refusal", async () => {
    const { wire, streams, settle } = stage();
    wire.subscribe("key:a").on("error", () => wire.close());
    await settle();
    streams[0]?.refuse(403, { code: "forbidden", message: "no grant covers it" });
    await settle();
    expect([wire.state, streams.length]).toEqual(["closed", 1]);
  });

  it("is idle when the only channel was refused", async () => {
    const { wire, latest, settle } = await asked();
    latest.refuse(403, { code: "forbidden", message: "no grant covers it" });
    await settle();
    expect(wire.state).toBe("idle");
  });

  it("tries again later where all are refused together, and none alone", async () => {
    const { wire, streams, reasons, settle } = stage();
    for (const name of ["key:a", "key:b"]) logged(wire, {}, name);
    await settle();
    const refusal = { code: "limit_exceeded", message: "too many" };
    streams.at(-1)?.refuse(429, refusal);
    await settle();
    for (let probe = 0; probe < 2; probe++) {
      streams.at(-1)?.accept();
      await settle();
    }
    expect([wire.state, reasons.at(-1)]).toEqual(["waiting", "too many (4429)"]);
    expect(streams).toHaveLength(3);
    expect(streams.every(({ state }) => state === "closed")).toBe(true);
  });

  it("understands a stream however it is cut into pieces", async () => {
    const events = ["ä€😀\u2028\u2029 ", "", "b"].map((key, at) => event(at + 6, { key }));
    const text = events
      .map((message, at) => `event: event\nid: ${at}\ndata: ${JSON.stringify(message)}\n\n: c\n\n`)
      .join("");
    const bytes = new TextEncoder().encode(text);
    const cuts = fc.uniqueArray(fc.nat(bytes.length), { maxLength: 30, size: "max" });
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const { wire, open, settle } = stage();
        const log = logged(wire);
        const stream = await open();
        let from = 0;
        for (const to of [...places.sort((a, b) => a - b), bytes.length]) {
          stream.writeBytes(bytes.slice(from, to));
          await streamed();
          from = to;
        }
        await settle();
        expect(log.messages).toEqual(events);
        wire.close();
      }),
      { numRuns: 30 },
    );
  });
});

/** A client that waits for the answer to its first request. */
async function asked(): Promise<Stage> {
  const base = stage();
  base.wire.subscribe(CHANNEL);
  await base.settle();
  return base;
}
