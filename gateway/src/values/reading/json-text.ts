import type { Value } from "@keywire/shared";

const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const INTEGER = /^-?\d+$/;

/** A JSON document as a value: parsed, or as its text where parsing would change a number. */
export function jsonValue(text: string): Value {
  if (!everyIntegerFits(text)) return { type: "json", text };
  return { type: "json", data: JSON.parse(text) as unknown };
}

/** Whether every integer is one that a double can hold; RedisJSON's go up to 64 bits. */
function everyIntegerFits(text: string): boolean {
  for (const [token] of text.matchAll(STRING_OR_NUMBER)) {
    if (token.length > 15 && INTEGER.test(token) && BigInt(token) !== BigInt(Number(token))) {
      return false;
    }
  }
  return true;
}
