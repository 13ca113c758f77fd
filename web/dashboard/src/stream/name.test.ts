import { describe, expect, it } from "vitest";
import { channelFault, channelGuess } from "./name.js";

describe("channelFault", () => {
  it("finds nothing wrong with a channel", () => {
    for (const name of ["prefix:order:", "key@3:a", "event@*:expired", "prefix:"]) {
      expect(channelFault(name)).toBeNull();
    }
  });

  it("says what is wrong as a sentence", () => {
    expect(channelFault("order:*")).toMatch(/^Channel "order:\*" is not kind.*\.$/);
    expect(channelFault("event:")).toMatch(/names no event/);
  });
});

describe("channelGuess", () => {
  it.each([
    ["order:*", "prefix:order:"],
    ["order:*:total", "pattern:order:*:total"],
    ["order:[12]", "pattern:order:[12]"],
    ["order:", "prefix:order:"],
    ["order:42", "key:order:42"],
    ["*", "prefix:"],
  ])("takes %s for %s", (text, guess) => {
    expect(channelGuess(text)).toBe(guess);
  });

  it("leaves alone what is a channel already, and what cannot become one", () => {
    expect(channelGuess("key:a")).toBeNull();
    expect(channelGuess("")).toBeNull();
    expect(channelGuess("a\ud800")).toBeNull();
  });
});
