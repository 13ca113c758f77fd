import { describe, expect, it } from "vitest";
import { sentence } from "./sentence.js";

describe("sentence", () => {
  it.each([
    ["the token expired", "The token expired."],
    ["Is it? ", "Is it?"],
    ["", ""],
  ])("%j becomes %j", (text, whole) => {
    expect(sentence(text)).toBe(whole);
  });
});
