import { VirtualClock } from "@keywire/shared/testing";
import { describe, expect, it } from "vitest";
import { PONG_DEADLINE_MS, Watchdog } from "./watchdog.js";

function watch(heartbeat = 25_000) {
  const clock = new VirtualClock();
  const seen = { pings: 0, silences: 0 };
  const watchdog = new Watchdog(
    {
      clock,
      ping: () => {
        seen.pings += 1;
      },
      silent: () => {
        seen.silences += 1;
      },
    },
    heartbeat,
  );
  return { clock, watchdog, seen };
}

describe("Watchdog", () => {
  it("lets a connection alone that talks", async () => {
    const { clock, watchdog, seen } = watch();
    for (let time = 0; time < 20; time++) {
      await clock.advance(20_000);
      watchdog.heard();
    }
    expect(seen).toEqual({ pings: 0, silences: 0 });
  });

  it("pings one that is silent, and finds it dead when the ping stays without an answer", async () => {
    const { clock, seen } = watch();
    await clock.advance(24_999);
    expect(seen.pings).toBe(0);
    await clock.advance(1);
    expect(seen).toEqual({ pings: 1, silences: 0 });
    await clock.advance(PONG_DEADLINE_MS);
    expect(seen).toEqual({ pings: 1, silences: 1 });
    expect(clock.pending).toBe(0);
  });

  it("takes any sign of life for the answer, even at the very same time", async () => {
    const { clock, watchdog, seen } = watch();
    await clock.advance(25_000);
    watchdog.heard();
    await clock.advance(25_000);
    expect(seen).toEqual({ pings: 2, silences: 0 });
  });

  it("probes when told to, once at a time", async () => {
    const { clock, watchdog, seen } = watch();
    watchdog.probe();
    await clock.advance(PONG_DEADLINE_MS - 1);
    watchdog.probe();
    expect(seen).toEqual({ pings: 1, silences: 0 });
    await clock.advance(1);
    expect(seen.silences).toBe(1);
  });

  it.each([
    [Number.NaN, 25_000],
    [0, 25_000],
    [5_000, 5_000],
    [1e12, 60_000],
  ])("takes a heartbeat of %s for %i ms", async (heartbeat, ms) => {
    const { clock, seen } = watch(heartbeat);
    await clock.advance(ms - 1);
    expect(seen.pings).toBe(0);
    await clock.advance(1);
    expect(seen.pings).toBe(1);
  });

  it("leaves no timer behind", async () => {
    const { clock, watchdog } = watch();
    watchdog.stop();
    expect(clock.pending).toBe(0);
  });
});
