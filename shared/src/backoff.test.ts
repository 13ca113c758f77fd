import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffDelay, RECONNECT_BACKOFF } from "./backoff.js";
import { CloseCode, retryFor } from "./codes.js";

describe("backoffDelay", () => {
  it("is between nothing and a bound that doubles up to the most", () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat({ max: 2_000 }), random, (attempt, chance) => {
        const delay = backoffDelay(RECONNECT_BACKOFF, attempt, chance);
        const bound = Math.min(20_000, 500 * 2 ** Math.min(attempt, 30));
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(bound);
      }),
    );
    expect(backoffDelay(RECONNECT_BACKOFF, 0, 0.999)).toBe(500);
    expect(backoffDelay(RECONNECT_BACKOFF, 99, 0.5)).toBe(10_000);
  });
});

describe("retryFor", () => {
  it.each([
    [CloseCode.GoingAway, "reconnect"],
    [CloseCode.ServiceRestart, "reconnect"],
    [CloseCode.HeartbeatMissed, "reconnect"],
    [CloseCode.SlowConsumer, "reconnect"],
    [1006, "reconnect"],
    [CloseCode.TooMany, "back_off"],
    [CloseCode.Unauthorized, "renew_token"],
    [CloseCode.TokenEnded, "renew_token"],
    [CloseCode.BinaryFrame, "never"],
    [CloseCode.InvalidUtf8, "never"],
    [CloseCode.MessageTooBig, "never"],
    [CloseCode.Malformed, "never"],
    [CloseCode.Forbidden, "never"],
  ])("%i: %s", (code, retry) => {
    expect(retryFor(code)).toBe(retry);
  });
});
