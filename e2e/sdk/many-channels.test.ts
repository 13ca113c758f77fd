import type { Subscription } from "@keywire/client";
import { expect, it } from "vitest";
import { startGateway, startRedis, waitFor } from "../support/index.js";
import { open } from "./client.js";

/** More than twice as many messages as a session may send at once by default. */
const CHANNELS = 450;

it("a client may ask at once for all the channels that it may have", async () => {
  const redis = await startRedis();
  const gateway = await startGateway({
    redis: redis.url,
    env: { KEYWIRE_MAX_SUBSCRIPTIONS: `${CHANNELS}` },
  });
  const wire = open(gateway.wsUrl);
  const told: string[] = [];
  wire.on("state", ({ state }) => told.push(state));
  wire.on("error", ({ code }) => told.push(code));
  const all = Array.from({ length: CHANNELS }, (_, row) => wire.subscribe(`key:row:${row}`));
  await waitFor(() => all.every(({ state }) => state === "live"), { what: "all to be live" });
  expect(told).toEqual(["connecting", "open"]);
});

it.each(["websocket", "sse"] as const)(
  "over %s, one too many is refused alone",
  async (transport) => {
    const redis = await startRedis();
    const gateway = await startGateway({
      redis: redis.url,
      env: { KEYWIRE_MAX_SUBSCRIPTIONS: "3" },
    });
    const wire = open(gateway.wsUrl, { transport });
    const told: string[] = [];
    const ask = (row: number): Subscription => {
      const one = wire.subscribe(`key:row:${row}`);
      one.on("error", ({ code }) => told.push(code));
      return one;
    };
    const all = [1, 2, 3, 4].map(ask);
    const states = () => all.map(({ state }) => state).sort();
    await waitFor(() => !states().includes("pending"), { what: "each to be answered" });
    expect([states(), told]).toEqual([["live", "live", "live", "refused"], ["limit_exceeded"]]);
    wire.close();
  },
);
