import { expect, it } from "vitest";
import { visible } from "./visible.js";

it.each([
  ["order:42", "order:42"],
  ["überweisung:€:😀", "überweisung:€:😀"],
  ["a\nb\tc", "a\\u000ab\\u0009c"],
  ["\u001b[2J", "\\u001b[2J"],
  // CSI in one byte, delete, right-to-left override, line separator, a tag character.
  ["\u009b1m\u007f\u202e\u2028", "\\u009b1m\\u007f\\u202e\\u2028"],
  ["\u{e0041}", "\\u{e0041}"],
])("%j is shown as %s", (text, shown) => {
  expect(visible(text)).toBe(shown);
});
