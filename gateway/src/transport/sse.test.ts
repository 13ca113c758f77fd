import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { VirtualClock } from "@keywire/shared/testing";
import { describe, expect, it } from "vitest";
import { placeOf } from "./cursor.js";
import { Heartbeat } from "./heartbeat.js";
import type { Messages, Single } from "./ports.js";
import { HOLD_TIMEOUT, SseTransport } from "./sse.js";
import { CountingClient } from "./testing/carriers.js";

/** As much of a response as a transport uses. */
class FakeResponse extends EventEmitter {
  readonly req = { socket: new EventEmitter() };
  readonly writableHighWaterMark = 1_000;
  writableLength = 0;
  status: number | undefined;
  text = "";
  state: "open" | "ended" | "destroyed" = "open";

  writeHead(status: number): void {
    this.status = status;
  }

  write(chunk: Uint8Array | string): void {
    if (this.status === undefined) throw new Error("written to before the head");
    this.text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
  }

  cork(): void {}
  uncork(): void {}

  end(): void {
    this.state = "ended";
  }

  destroy(): void {
    this.state = "destroyed";
    this.emit("close");
  }
}

function bench(requests: number) {
  const clock = new VirtualClock();
  const heartbeat = new Heartbeat<SseTransport>(clock, { interval: 15_000, timeout: undefined });
  const response = new FakeResponse();
  const transport = new SseTransport(
    response as unknown as ServerResponse,
    {},
    {
      clock,
      heartbeat,
      random: () => 0.5,
    },
  );
  const client = new CountingClient();
  let outcome: unknown = "none yet";
  transport.attach(client, requests).then(
    () => {
      outcome = "begun";
    },
    (error) => {
      outcome = error;
    },
  );
  return { clock, heartbeat, response, transport, client, outcome: () => outcome };
}

function single(message: { type: string } & Record<string, unknown>): Single {
  const text = JSON.stringify(message);
  const { type, channel, epoch, offset } = message;
  return {
    type,
    text,
    bytes: text.length,
    ...(channel === undefined ? {} : { channel: String(channel) }),
    ...(epoch === undefined ? {} : { cursor: { epoch: String(epoch), offset: Number(offset) } }),
  };
}

const welcome = single({ type: "welcome" });
const subscribed = (channel: string, offset = 0) =>
  single({ type: "subscribed", channel, epoch: "e", offset });

function batch(channel: string, ...offsets: number[]): Messages {
  const entries = offsets.map((offset) => ({ type: "event", offset, text: `{"at":${offset}}` }));
  const text = entries.map((entry) => entry.text).join("\n");
  const messages: Messages = {
    channel,
    epoch: "e",
    entries,
    text,
    bytes: text.length,
    isShared: true,
    encoded: (encoder) => encoder.encode(messages),
  };
  return messages;
}

describe("a stream", () => {
  it("begins when all that was asked for is answered, with all that came until then", async () => {
    const { clock, response, transport, outcome } = bench(2);
    transport.send([welcome, subscribed("key:a")]);
    transport.send([batch("key:a", 1)]);
    await clock.advance(0);
    expect([response.status, outcome()]).toEqual([undefined, "none yet"]);
    transport.send([subscribed("key:b", 7)]);
    await clock.advance(0);
    expect([response.status, outcome()]).toEqual([200, "begun"]);
    const [a0, a1] = [placeOf("key:a", "e", 0), placeOf("key:a", "e", 1)];
    const b7 = placeOf("key:b", "e", 7);
    expect(response.text.split("\n\n").map((event) => event.split("\n"))).toEqual([
      ["event: welcome", `data: ${welcome.text}`],
      ["event: subscribed", `id: ${a0}`, `data: ${subscribed("key:a").text}`],
      ["event: event", `id: ${a1}`, 'data: {"at":1}'],
      ["event: subscribed", `id: ${a1},${b7}`, `data: ${subscribed("key:b", 7).text}`],
      [""],
    ]);
  });

  it("names the place that a client came with until the gap behind it is told", async () => {
    const { response, transport } = bench(1);
    transport.resumes("key:a", { epoch: "before", offset: 5 });
    transport.send([
      subscribed("key:a", 9),
      single({ type: "gap", channel: "key:a", epoch: "e", offset: 9 }),
    ]);
    // Who loses the connection between the two comes back for the gap.
    expect([...response.text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id)).toEqual([
      placeOf("key:a", "before", 5),
      placeOf("key:a", "e", 9),
    ]);
  });

  it("does not begin where something is refused, and has written nothing then", async () => {
    const { clock, response, transport, client, outcome } = bench(2);
    transport.send([welcome, single({ type: "error", code: "forbidden", message: "no" })]);
    transport.send([subscribed("key:a")]);
    await clock.advance(0);
    expect(outcome()).toMatchObject({ code: "forbidden", message: "no" });
    expect([response.status, response.text, client.ends]).toEqual([undefined, "", 1]);
  });

  it("begins without answers that are long in coming: one channel holds up no other", async () => {
    const { clock, response, transport, outcome } = bench(2);
    transport.send([welcome]);
    await clock.advance(5 * HOLD_TIMEOUT);
    expect(outcome()).toBe("none yet");
    transport.send([subscribed("key:a")]);
    await clock.advance(HOLD_TIMEOUT - 1);
    expect(outcome()).toBe("none yet");
    await clock.advance(1);
    expect([response.status, outcome()]).toEqual([200, "begun"]);
    transport.send([single({ type: "error", id: 2, code: "unavailable", message: "no answer" })]);
    expect(response.text.split("\n\n").map((event) => event.split("\n")[0])).toEqual([
      "event: welcome",
      "event: subscribed",
      "event: error",
      "",
    ]);
  });

  it("leaves no timer behind, whether it begins or not", async () => {
    const [begun, refused, gone] = [bench(1), bench(1), bench(1)];
    for (const { transport } of [begun, refused, gone]) transport.send([welcome]);
    begun.transport.send([subscribed("key:a")]);
    refused.transport.send([single({ type: "error", code: "forbidden", message: "no" })]);
    gone.response.destroy();
    const waiting = [begun, refused, gone].map(({ clock, heartbeat, transport }) => {
      heartbeat.remove(transport);
      return clock.pending;
    });
    expect(waiting).toEqual([0, 0, 0]);
  });

  it("does not begin where the session ends first, or the client goes", async () => {
    const closed = bench(1);
    closed.transport.close(1012, "draining");
    await closed.clock.advance(0);
    expect(closed.outcome()).toMatchObject({ code: "unavailable" });
    const gone = bench(1);
    gone.response.destroy();
    await gone.clock.advance(0);
    expect(gone.outcome()).toMatchObject({ code: "unavailable" });
    expect(gone.client.ends).toBeGreaterThan(0);
  });

  it("begins without an answer that is late, rather than hold ever more for it", async () => {
    const { clock, transport, response, outcome } = bench(2);
    transport.send([subscribed("key:a")]);
    for (let offset = 1; offset < 10_000; offset++) transport.send([batch("key:a", offset)]);
    await clock.advance(0);
    expect(outcome()).toBe("begun");
    transport.send([single({ type: "error", code: "unavailable", message: "late" })]);
    expect(response.text).toContain('event: error\ndata: {"type":"error"');
  });

  it("gives each message the place behind it, over one channel or several", () => {
    const { response, transport } = bench(1);
    transport.send([subscribed("key:a")]);
    transport.send([batch("key:a", 1, 2)]);
    transport.send([subscribed("key:b", 5), batch("key:a", 3), batch("key:b", 6)]);
    transport.send([single({ type: "gap", channel: "key:a", epoch: "e", offset: 9 })]);
    transport.send([single({ type: "unsubscribed", channel: "key:b" }), batch("key:a", 10)]);
    const ids = [...response.text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id);
    const place = (channel: string, offset: number) => placeOf(channel, "e", offset);
    expect(ids).toEqual([
      place("key:a", 0),
      place("key:a", 1),
      place("key:a", 2),
      `${place("key:a", 2)},${place("key:b", 5)}`,
      `${place("key:a", 3)},${place("key:b", 5)}`,
      `${place("key:a", 3)},${place("key:b", 6)}`,
      `${place("key:a", 9)},${place("key:b", 6)}`,
      place("key:a", 9),
      place("key:a", 10),
    ]);
  });

  it("tells browsers that know nothing of goodbyes when to come back", () => {
    const { response, transport } = bench(1);
    transport.send([subscribed("key:a")]);
    const reconnect = { min: 1_000, max: 3_000 };
    transport.send([single({ type: "goodbye", reason: "draining", reconnect })]);
    expect(response.text).toContain("retry: 2000\n\nevent: goodbye\n");
  });

  it("makes the session wait while the client does not take what was sent", () => {
    const { response, transport, client } = bench(1);
    transport.send([subscribed("key:a")]);
    response.writableLength = 999;
    expect(transport.send([batch("key:a", 1)])).toBe(true);
    response.writableLength = 1_000;
    expect(transport.send([batch("key:a", 2)])).toBe(false);
    response.writableLength = 0;
    response.emit("drain");
    response.emit("drain");
    expect(client.drains).toBe(1);
  });

  it("is kept alive by comments, unless it is stuck", async () => {
    const { clock, response, transport } = bench(1);
    transport.send([subscribed("key:a")]);
    const before = response.text;
    await clock.advance(16_000);
    expect(response.text).toBe(`${before}:\n\n`);
    response.writableLength = 10;
    await clock.advance(16_000);
    expect(response.text).toBe(`${before}:\n\n`);
  });

  it("ends, and cuts off who does not take the end", async () => {
    const { clock, heartbeat, response, transport, client } = bench(1);
    transport.send([subscribed("key:a")]);
    transport.close(4409, "expired");
    transport.send([batch("key:a", 1)]);
    expect(response.state).toBe("ended");
    expect(response.text).not.toContain('{"at":1}');
    expect(client.ends).toBe(0);
    await clock.advance(2_000);
    expect(response.state).toBe("destroyed");
    expect([client.ends, heartbeat.size, clock.pending]).toEqual([1, 0, 0]);
  });
});
