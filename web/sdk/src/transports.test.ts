import { beforeEach, describe, expect, it, vi } from "vitest";
import type { SessionEnd } from "./session.js";
import type { Transport } from "./transport.js";

const websocket: Transport = { name: "websocket", needsChannels: false, open: unused };
const sse: Transport = { name: "sse", needsChannels: true, open: unused };
const LOST: SessionEnd = { code: 1006, reason: "", openFor: undefined, goodbye: undefined };

function unused(): never {
  throw new Error("nothing is opened here");
}

/** A page of its own, for a page remembers. */
async function page(): Promise<typeof import("./transports.js")> {
  vi.resetModules();
  return import("./transports.js");
}

describe("Transports", () => {
  let Transports: typeof import("./transports.js").Transports;
  let PATIENCE: number;
  beforeEach(async () => {
    ({ Transports, PATIENCE } = await page());
  });
  const auto = () => new Transports("gateway.test", websocket, sse);

  it("tries SSE at once where a WebSocket does not get through", () => {
    const transports = auto();
    expect(transports.current).toBe(websocket);
    expect(transports.ended(LOST)).toBe(true);
    expect(transports.current).toBe(sse);
  });

  it("stays with SSE for the page, for the same gateway, once it has got through", () => {
    const transports = auto();
    transports.ended(LOST);
    transports.welcomed();
    expect(transports.ended(LOST)).toBe(false);
    expect(transports.ended({ ...LOST, openFor: 10 })).toBe(false);
    expect(transports.current).toBe(sse);
    expect(auto().current).toBe(sse);
    expect(new Transports("other.test", websocket, sse).current).toBe(websocket);
  });

  it("goes back to WebSocket, after a pause, where neither gets through", () => {
    const transports = auto();
    transports.ended(LOST);
    expect(transports.ended({ ...LOST, code: 4404 })).toBe(false);
    expect(transports.current).toBe(websocket);
    expect(transports.ended(LOST)).toBe(true);
  });

  it("keeps to WebSocket where the gateway itself has answered", () => {
    const transports = auto();
    expect(transports.ended({ ...LOST, code: 4401 })).toBe(false);
    expect(transports.ended({ ...LOST, code: 0 })).toBe(false);
    expect(transports.ended({ ...LOST, openFor: 0 })).toBe(false);
    expect(transports.current).toBe(websocket);
  });

  it("is patient with a WebSocket that has worked before", () => {
    const transports = auto();
    transports.welcomed();
    for (let time = 1; time < PATIENCE; time++) expect(transports.ended(LOST)).toBe(false);
    expect(transports.ended(LOST)).toBe(true);
    expect(transports.current).toBe(sse);
  });

  it("has no choice where it is given none", () => {
    const transports = new Transports("gateway.test", websocket);
    for (let time = 0; time < 9; time++) expect(transports.ended(LOST)).toBe(false);
    expect(transports.current).toBe(websocket);
  });
});
