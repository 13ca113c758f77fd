import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { streamed } from "./testing/fake-stream.js";
import { logged, told } from "./testing/harness.js";
import { CHANNEL, event, gap } from "./testing/messages.js";
import { asked, stage } from "./testing/sse-stage.js";

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
    const { clock, wire, latest, settle } = await asked();
    wire.close();
    await settle();
    expect([wire.state, latest.state, clock.pending]).toEqual(["closed", "closed", 0]);
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
