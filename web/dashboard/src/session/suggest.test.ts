import { parseChannel } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { suggestChannels } from "./suggest.js";

const claims = (...globs: string[]) => ({ user: "a", expires: null, admin: false, globs });

describe("suggestChannels", () => {
  it("offers everything first to whom everything is allowed", () => {
    expect(suggestChannels(claims("*"))[0]).toBe("prefix:");
  });

  it("offers no channel that the grants do not cover", () => {
    expect(suggestChannels(claims("order:*", "user:7", "a*b", "x[12]*"))).toEqual([
      "prefix:order:",
      "key:user:7",
      "pattern:a*b",
      "pattern:x[12]*",
    ]);
  });

  it("offers each channel once, and few", () => {
    const many = suggestChannels(claims("order:*", "order:*", "a", "b", "c", "d", "e", "f"));
    expect(many.length).toBe(5);
    expect(new Set(many).size).toBe(5);
  });

  it("offers examples where the token does not say, and all of them are channels", () => {
    const examples = suggestChannels(null);
    expect(examples.length).toBeGreaterThan(2);
    for (const channel of examples) expect(() => parseChannel(channel)).not.toThrow();
  });
});
