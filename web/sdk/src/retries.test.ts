import { describe, expect, it } from "vitest";
import { MAX_REFUSALS, Retries, STABLE_AFTER_MS } from "./retries.js";
import { NO_TOKEN, type SessionEnd } from "./session.js";

function ended(code: number, changes: Partial<SessionEnd> = {}): SessionEnd {
  return { code, reason: "", openFor: undefined, goodbye: undefined, ...changes };
}

/** What is decided for the same end several times: ms, or the code of the error. */
function decide(retries: Retries, end: SessionEnd, times: number, random: number) {
  return Array.from({ length: times }, () => {
    const next = retries.after(end, random);
    return typeof next === "number" ? next : next.code;
  });
}

const LEAST = 0;
const MOST = 0.999_999;

describe("Retries", () => {
  it("waits with full jitter under a bound that doubles from 0.5 s to 20 s", () => {
    const bounds = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000];
    expect(decide(new Retries(), ended(1006), 8, MOST)).toEqual(bounds);
    expect(decide(new Retries(), ended(1006), 4, LEAST)).toEqual([0, 0, 0, 0]);
  });

  it("begins anew after a connection that lasted, and only then", () => {
    const retries = new Retries();
    decide(retries, ended(1006), 5, MOST);
    const flash = ended(1006, { openFor: STABLE_AFTER_MS - 1 });
    expect(decide(retries, flash, 1, MOST)).toEqual([16_000]);
    const lasting = ended(1006, { openFor: STABLE_AFTER_MS });
    expect(decide(retries, lasting, 2, MOST)).toEqual([500, 500]);
  });

  it.each([
    [1003, "bad_request"],
    [1007, "bad_request"],
    [1009, "bad_request"],
    [4400, "bad_request"],
    [4403, "forbidden"],
  ])("gives up on %i", (code, name) => {
    const next = new Retries().after(ended(code, { reason: "origin not allowed" }), LEAST);
    expect(next).toMatchObject({
      code: name,
      message: "the gateway refused the connection: origin not allowed",
    });
  });

  it.each([1000, 1001, 1006, 1011, 1012, 4408, 4413, 4999])("comes back after %i", (code) => {
    expect(new Retries().after(ended(code), LEAST)).toBe(0);
  });

  it.each([4401, 4409])("gives up when %i has refused one token after the other", (code) => {
    const told = decide(new Retries(), ended(code), MAX_REFUSALS, LEAST);
    expect(told.slice(0, -1)).toEqual(new Array(MAX_REFUSALS - 1).fill(0));
    expect(told.at(-1)).toBe("unauthorized");
  });

  it("does not count refusals across a connection that lasted", () => {
    const lasting = ended(4409, { openFor: STABLE_AFTER_MS });
    const told = decide(new Retries(), lasting, 3 * MAX_REFUSALS, LEAST);
    expect(new Set(told)).toEqual(new Set([0]));
  });

  it("never gives up for want of a token", () => {
    const told = decide(new Retries(), ended(NO_TOKEN), 20, MOST);
    expect(told.at(-1)).toBe(20_000);
  });

  it("backs off at once after 4429", () => {
    expect(decide(new Retries(), ended(4429), 2, MOST)).toEqual([8_000, 20_000]);
  });

  it("keeps to the pause of a goodbye, up to five minutes", () => {
    const goodbye = (min: number, max: number): Partial<SessionEnd> => ({
      goodbye: { type: "goodbye", reason: "draining", reconnect: { min, max } },
    });
    const end = ended(1012, goodbye(500, 10_000));
    expect(decide(new Retries(), end, 2, LEAST)).toEqual([500, 500]);
    expect(decide(new Retries(), end, 2, MOST)).toEqual([10_000, 10_000]);
    expect(decide(new Retries(), ended(1012, goodbye(0, 1e12)), 1, MOST)).toEqual([300_000]);
  });
});
