import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { harness } from "./testing/harness.js";
import { CHANNEL } from "./testing/messages.js";
import { stage } from "./testing/sse-stage.js";

describe("hints of the browser", () => {
  let page: EventTarget;
  const document = { visibilityState: "visible" };

  beforeEach(() => {
    page = new EventTarget();
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
    vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
    vi.stubGlobal("document", document);
  });
  afterEach(() => vi.unstubAllGlobals());

  it("cut a wait short", async () => {
    const { wire, network, open, settle } = harness();
    (await open()).drop();
    page.dispatchEvent(new Event("online"));
    await settle();
    expect(wire.state).toBe("connecting");
    expect(network.sockets).toHaveLength(2);
  });

  it("do not cut short a pause that the gateway asked for", async () => {
    const { wire, open, settle } = harness();
    const socket = await open();
    socket.say({ type: "goodbye", reason: "draining", reconnect: { min: 4_000, max: 6_000 } });
    socket.drop(1012);
    page.dispatchEvent(new Event("online"));
    await settle();
    expect(wire.state).toBe("waiting");
  });

  it("give a stream, which cannot be asked, the time until its next comment", async () => {
    const { wire, streams, open, settle } = stage();
    wire.subscribe(CHANNEL);
    const stream = await open();
    page.dispatchEvent(new Event("online"));
    await settle(14_000);
    expect([wire.state, streams.length, stream.state]).toEqual(["open", 1, "open"]);
  });

  it.each(["online", "offline", "visibilitychange"])(
    "make an open connection prove itself on %s",
    async (name) => {
      const { clock, wire, open } = harness();
      const socket = await open();
      page.dispatchEvent(new Event(name));
      expect(socket.sentOf("ping")).toHaveLength(1);
      await clock.advance(10_000);
      expect(wire.state).toBe("waiting");
    },
  );

  it("are ignored by a page that nobody sees, and by a client that is closed", async () => {
    const { wire, open } = harness();
    const socket = await open();
    document.visibilityState = "hidden";
    page.dispatchEvent(new Event("visibilitychange"));
    document.visibilityState = "visible";
    wire.close();
    page.dispatchEvent(new Event("online"));
    expect(socket.sentOf("ping")).toHaveLength(0);
    expect(getEventListeners(page, "online")).toEqual([]);
  });
});
