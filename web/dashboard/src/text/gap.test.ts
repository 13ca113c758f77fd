import type { GapMessage } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { gapReason, gapText } from "./gap.js";

const from = new Date(2026, 0, 1, 12, 0, 0, 0).getTime();
const gap: GapMessage = {
  type: "gap",
  channel: "prefix:",
  offset: 4,
  reason: "node_lost",
  from,
  to: from + 3_000,
};

describe("gapText", () => {
  it("says when, for how long and why", () => {
    expect(gapText(gap)).toBe(
      "Events may be missing between 12:00:00.000 and 12:00:03.000 (3.0 s): the link to a Redis node was lost",
    );
  });

  it("says how many where the gateway knows", () => {
    expect(gapText({ ...gap, reason: "slow_consumer", missed: 1 })).toMatch(/^1 message missed /);
    expect(gapText({ ...gap, missed: null })).toMatch(/^Events may be missing /);
  });

  it("repeats a reason that it does not know", () => {
    expect(gapReason("cosmic_rays")).toBe("cosmic_rays");
  });
});
