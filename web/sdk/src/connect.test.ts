import { VirtualClock } from "@keywire/shared/testing";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from "vitest";
import type { ConnectOptions, WebSocketConstructor, Wire } from "./api.js";
import { fakeNetwork } from "./testing/fake-socket.js";
import { fakeFetch, streamed } from "./testing/fake-stream.js";
import { CHANNEL, subscribed, welcome } from "./testing/messages.js";

describe("connect", () => {
  let connect: typeof import("./connect.js").connect;
  let clock: VirtualClock;
  const wires: Wire[] = [];

  beforeEach(async () => {
    // A page of its own, for a page remembers what is blocked.
    vi.resetModules();
    ({ connect } = await import("./connect.js"));
    clock = new VirtualClock();
  });
  afterEach(() => {
    for (const wire of wires.splice(0)) wire.close();
    vi.unstubAllGlobals();
  });

  function open(url: string, options: ConnectOptions = {}) {
    const [network, streams] = [fakeNetwork(), fakeFetch()];
    const { WebSocket } = network;
    const wire = connect(url, { clock, WebSocket, fetch: streams.fetch, ...options });
    wires.push(wire);
    wire.subscribe(CHANNEL);
    return { wire, network, streams };
  }

  async function settle(): Promise<void> {
    await clock.advance(0);
    await streamed();
    await clock.advance(0);
  }

  it("takes the WebSocket of browsers", () => {
    expectTypeOf<typeof globalThis.WebSocket>().toExtend<WebSocketConstructor>();
  });

  it.each([
    ["wss://gateway.test/v1/ws", "wss://gateway.test/v1/ws", "https://gateway.test/v1/sse"],
    [
      "http://gateway.test:8080/v1/ws",
      "ws://gateway.test:8080/v1/ws",
      "http://gateway.test:8080/v1/sse",
    ],
    ["/deep/v1/ws", "wss://page.test/deep/v1/ws", "https://page.test/deep/v1/sse"],
  ])("understands %s", async (url, socket, stream) => {
    vi.stubGlobal("location", { href: "https://page.test/index.html" });
    const { network } = open(url);
    const { streams } = open(url, { transport: "sse" });
    await settle();
    expect(network.latest.url).toBe(socket);
    expect(streams.latest.url.href).toMatch(`${stream}?subscribe=`);
  });

  it("takes SSE at once where the upgrade is blocked, and remembers it", async () => {
    const { wire, network, streams } = open("ws://gateway.test/v1/ws");
    const states: string[] = [];
    wire.on("state", ({ state }) => states.push(state));
    await settle();
    network.latest.drop(1006);
    await settle();
    expect(wire.transport).toBe("sse");
    const stream = streams.latest;
    stream.accept();
    stream.say(welcome(), subscribed(stream.subscribes[0]?.id, 0));
    await settle();
    expect(states).toEqual(["connecting", "open"]);
    const later = open("ws://gateway.test/v1/ws");
    await settle();
    expect([later.network.sockets.length, later.streams.streams.length]).toEqual([0, 1]);
  });

  it("takes SSE within seconds where the upgrade is swallowed", async () => {
    const { network, streams } = open("ws://gateway.test/v1/ws");
    await settle();
    await clock.advance(8_000);
    await settle();
    expect([network.sockets.length, streams.streams.length]).toEqual([1, 1]);
    expect(network.latest.state).toBe("closed");
  });

  it("goes back to the WebSocket where the gateway itself was away", async () => {
    const { wire, network, streams } = open("ws://gateway.test/v1/ws");
    await settle();
    network.latest.drop(1006);
    await settle();
    streams.latest.drop();
    await settle();
    expect([wire.state, wire.transport]).toEqual(["waiting", "websocket"]);
    await clock.advance(500);
    network.latest.accept();
    network.latest.say(welcome());
    expect(wire.state).toBe("open");
    expect(network.latest.sentOf("subscribe")).toHaveLength(1);
  });

  it("goes over the one transport it is told to take", async () => {
    const forced = open("ws://gateway.test/v1/ws", { transport: "websocket" });
    await settle();
    forced.network.latest.drop(1006);
    await clock.advance(600_000);
    expect(forced.streams.streams).toHaveLength(0);
    expect(forced.network.sockets.length).toBeGreaterThan(10);
  });

  it("takes SSE where a platform has no WebSocket, and says so where it may not", async () => {
    vi.stubGlobal("WebSocket", undefined);
    const streams = fakeFetch();
    const wire = connect("ws://gateway.test/v1/ws", { clock, fetch: streams.fetch });
    wires.push(wire);
    expect(wire.transport).toBe("sse");
    expect(() => connect("ws://gateway.test/v1/ws", { transport: "websocket" })).toThrow(
      "no WebSocket here: pass one",
    );
  });
});
