import { describe, expect, it } from "vitest";
import { cut } from "./websocket.js";

describe("reasons of close frames", () => {
  it.each(["", "short", "x".repeat(123), "ü".repeat(61)])(
    "that fit are left as they are: %s",
    (reason) => {
      expect(cut(reason)).toBe(reason);
    },
  );

  it.each(["x".repeat(124), "ü".repeat(62), `x${"🔑".repeat(40)}`, "→".repeat(300)])(
    "that do not are cut between characters: %s",
    (reason) => {
      expect(Buffer.byteLength(cut(reason))).toBeLessThanOrEqual(123);
      expect(cut(reason)).not.toContain("\ufffd");
      expect(reason.startsWith(cut(reason).slice(0, -1))).toBe(true);
      expect(cut(reason).length).toBeGreaterThan(20);
    },
  );
});
