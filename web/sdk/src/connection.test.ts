import { describe, expect, it, vi } from "vitest";
import { connect } from "./connect.js";
import { TOKEN_TIMEOUT_MS, WELCOME_TIMEOUT_MS } from "./session.js";
import { harness, logged } from "./testing/harness.js";
import { subscribed, welcome } from "./testing/messages.js";

describe("a connection", () => {
  it("goes from idle over connecting to open", async () => {
    const { wire, states, settle, network, open } = harness();
    expect(wire.state).toBe("idle");
    await settle();
    expect(wire.state).toBe("connecting");
    const socket = await open();
    expect(states).toEqual(["connecting", "open"]);
    expect(network.sockets).toHaveLength(1);
    expect(socket.url).toBe("ws://gateway.test/v1/ws");
    expect(socket.protocols).toEqual(["keywire.v1"]);
    expect(wire.transport).toBe("websocket");
  });

  it("authenticates with its first message", async () => {
    const { open } = harness();
    const socket = await open();
    expect(socket.sent).toEqual([{ type: "auth", token: "token" }]);
  });

  it("authenticates with a subprotocol where it is told to", async () => {
    const { open } = harness({ auth: "subprotocol" });
    const socket = await open();
    expect(socket.protocols).toEqual(["keywire.v1", "bearer.token"]);
    expect(socket.sent).toEqual([]);
  });

  it("asks for nothing and sends nothing where no token is configured", async () => {
    const network = harness().network;
    const wire = connect("ws://gateway.test/v1/ws", {
      WebSocket: network.WebSocket,
      transport: "websocket",
    });
    await vi.waitFor(() => expect(network.sockets.length).toBeGreaterThan(0));
    network.latest.accept();
    expect(network.latest.sent).toEqual([]);
    wire.close();
  });

  it("fetches a fresh token for each attempt", async () => {
    let count = 0;
    const { clock, network, open } = harness({ token: async () => `token ${++count}` });
    (await open()).drop();
    await clock.advance(500);
    const socket = await open();
    expect(network.sockets).toHaveLength(2);
    expect(socket.sent[0]).toEqual({ type: "auth", token: "token 2" });
  });

  it("tells the welcome, a later one too, and the goodbye", async () => {
    const { wire, open } = harness();
    const told: string[] = [];
    wire.on("welcome", ({ user }) => told.push(user));
    wire.on("goodbye", ({ reason }) => told.push(reason));
    const socket = await open();
    socket.say(welcome({ user: "bob" }));
    socket.say({ type: "goodbye", reason: "draining", reconnect: { min: 1, max: 2 } });
    expect(told).toEqual(["alice", "bob", "draining"]);
  });

  it("waits after a loss, and comes back", async () => {
    const { clock, wire, states, network, open } = harness();
    const reasons: string[] = [];
    wire.on("state", ({ reason }) => reasons.push(reason));
    (await open()).drop(1006);
    expect(wire.state).toBe("waiting");
    await clock.advance(249);
    expect(network.sockets).toHaveLength(1);
    await clock.advance(1);
    await open();
    expect(states).toEqual(["connecting", "open", "waiting", "connecting", "open"]);
    expect(reasons[2]).toBe("connection closed (1006)");
  });

  it("waits as long as the goodbye says", async () => {
    const { clock, network, open } = harness();
    const socket = await open();
    socket.say({ type: "goodbye", reason: "draining", reconnect: { min: 4_000, max: 6_000 } });
    socket.drop(1012);
    await clock.advance(4_999);
    expect(network.sockets).toHaveLength(1);
    await clock.advance(1);
    expect(network.sockets).toHaveLength(2);
  });

  it("fails where the gateway does not want it, says so once, and stays away", async () => {
    const { clock, wire, states, errors, network, open } = harness();
    const log = logged(wire);
    (await open()).drop(4403, "origin not allowed");
    expect(wire.state).toBe("failed");
    await clock.advance(600_000);
    expect(network.sockets).toHaveLength(1);
    expect(states).toEqual(["connecting", "open", "failed"]);
    expect(errors).toEqual(["forbidden"]);
    expect(log.subscription.state).toBe("closed");
    expect(clock.pending).toBe(0);
    expect(() => wire.subscribe("key:a")).toThrow("the connection is failed");
    wire.close();
    expect(wire.state).toBe("failed");
  });

  it("takes a gateway that does not welcome it for one that is not there", async () => {
    const { clock, wire, settle, network } = harness();
    await settle();
    const socket = network.latest;
    socket.accept();
    await clock.advance(WELCOME_TIMEOUT_MS);
    expect(wire.state).toBe("waiting");
    expect(socket.closedWith).toBe(1000);
    socket.say(welcome());
    expect(wire.state).toBe("waiting");
  });

  it("tries again, and says so, where the application gives no token", async () => {
    let fails = true;
    const token = async () => {
      if (fails) throw new Error("the login service is down");
      return "token";
    };
    const { clock, wire, errors, network, settle } = harness({ token });
    const messages: string[] = [];
    wire.on("error", ({ message }) => messages.push(message));
    await settle();
    expect(wire.state).toBe("waiting");
    expect(errors).toEqual(["token_failed"]);
    expect(messages).toEqual(["token() gave no token: Error: the login service is down"]);
    expect(network.sockets).toHaveLength(0);
    fails = false;
    await clock.advance(500);
    expect(network.sockets).toHaveLength(1);
  });

  it("waits for no token for ever", async () => {
    const { clock, wire, errors } = harness({ token: () => new Promise(() => {}) });
    await clock.advance(TOKEN_TIMEOUT_MS);
    expect(wire.state).toBe("waiting");
    expect(errors).toEqual(["token_failed"]);
  });

  it("survives a platform that refuses to make a socket", async () => {
    class Refusing {
      constructor() {
        throw new Error("blocked by the content security policy");
      }
      send() {}
      close() {}
      addEventListener() {}
    }
    const { wire, settle } = harness({ WebSocket: Refusing });
    const reasons: string[] = [];
    wire.on("state", ({ reason }) => reasons.push(reason));
    await settle();
    expect(wire.state).toBe("waiting");
    expect(reasons.at(-1)).toContain("content security policy");
  });

  it("finds a connection that is open but dead", async () => {
    const { clock, wire, open } = harness();
    const socket = await open();
    await clock.advance(25_000);
    expect(socket.sentOf("ping")).toHaveLength(1);
    socket.say({ type: "pong" });
    await clock.advance(25_000);
    expect(socket.sentOf("ping")).toHaveLength(2);
    await clock.advance(9_999);
    expect(wire.state).toBe("open");
    await clock.advance(1);
    expect(wire.state).toBe("waiting");
    expect(socket.closedWith).toBe(1000);
  });

  it.each(["not JSON", "5", "null", '"text"', "{}", new Uint8Array([1])])(
    "reports and leaves a gateway that sends %j",
    async (frame) => {
      const { wire, errors, open } = harness();
      const socket = await open();
      socket.frame(frame);
      expect(errors).toEqual(["bad_message"]);
      expect(wire.state).toBe("waiting");
      expect(socket.state).toBe("closed");
    },
  );

  it("ignores messages and fields that it does not know", async () => {
    const { wire, errors, open } = harness();
    const socket = await open();
    socket.frame('{"type":"weather","sky":"blue"}\n\n{"type":"pong","extra":1}');
    expect(errors).toEqual([]);
    expect(wire.state).toBe("open");
  });

  it("hands on an error that concerns no channel", async () => {
    const { errors, open } = harness();
    (await open()).say({ type: "error", code: "rate_limited", message: "slower" });
    expect(errors).toEqual(["rate_limited"]);
  });

  it("closes at once whatever it is doing, and leaves no timer", async () => {
    const idle = harness();
    idle.wire.close();
    await idle.settle();
    expect([idle.wire.state, idle.network.sockets.length]).toEqual(["closed", 0]);

    const asking = harness({ token: () => new Promise(() => {}) });
    await asking.settle();
    asking.wire.close();
    expect([asking.wire.state, asking.clock.pending]).toEqual(["closed", 0]);

    const opening = harness();
    await opening.settle();
    opening.wire.close();
    expect([opening.network.latest.state, opening.clock.pending]).toEqual(["closed", 0]);

    const opened = harness();
    const socket = await opened.open();
    opened.wire.close();
    expect([socket.closedWith, opened.clock.pending]).toEqual([1000, 0]);

    const waiting = harness();
    (await waiting.open()).drop();
    waiting.wire.close();
    expect([waiting.wire.state, waiting.clock.pending]).toEqual(["closed", 0]);
    await waiting.clock.advance(60_000);
    expect(waiting.network.sockets).toHaveLength(1);
  });

  it("may be closed by any listener", async () => {
    for (const state of ["connecting", "open", "waiting"]) {
      const { clock, wire, open, settle } = harness();
      const log = logged(wire);
      wire.on("state", (change) => {
        if (change.state === state) wire.close();
      });
      await settle();
      if (state !== "connecting") (await open()).drop();
      expect(wire.state).toBe("closed");
      expect(log.subscription.state).toBe("closed");
      expect(clock.pending).toBe(0);
    }
  });

  it("takes nothing more of a frame in whose midst it was closed", async () => {
    let tokens = 0;
    const { wire, open } = harness({ token: () => `token ${++tokens}` });
    const socket = await open();
    wire.on("goodbye", () => wire.close());
    const goodbye = { type: "goodbye", reason: "", reconnect: { min: 1, max: 2 } } as const;
    socket.say(goodbye, { type: "expiring", at: 1 });
    expect(tokens).toBe(1);
  });

  it("ends its subscriptions with it", async () => {
    const { wire, open } = harness();
    const log = logged(wire);
    const socket = await open();
    socket.say(subscribed(socket.sentOf("subscribe")[0]?.id, 0));
    wire.close();
    expect(log.states).toEqual(["live", "closed"]);
    expect(() => wire.subscribe("key:a")).toThrow("the connection is closed");
  });

  it("refuses an address that is none", () => {
    expect(() => connect("gateway")).toThrow("Invalid URL");
  });

  it("reports errors that nobody listens for to the page", async () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const { network, clock } = harness();
    const wire = connect("ws://gateway.test/v1/ws", {
      clock,
      WebSocket: network.WebSocket,
      transport: "websocket",
      token: () => Promise.reject(new Error("down")),
    });
    await clock.advance(0);
    expect(reported.mock.calls[0]?.[0]).toMatchObject({ code: "token_failed" });
    wire.close();
    vi.unstubAllGlobals();
  });
});
