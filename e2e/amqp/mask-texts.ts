import fc from "fast-check";

/** Masks of few letters, so that keys meet them: NUL, a line break, two bytes that are one character. */
export const maskText = fc
  .tuple(
    fc.constantFrom("^", "^", ""),
    fc.array(
      fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom("a", "b", "\0", "\n", "é") },
        { weight: 1, arbitrary: fc.constantFrom(".", "*", "^", "$", "a*", ".*") },
      ),
      { minLength: 2, maxLength: 8 },
    ),
    fc.constantFrom("$", "$", ""),
  )
  .map(([begin, middle, end]) => begin + middle.join("") + end);

export const keyBytes = fc
  .array(fc.constantFrom("a", "b", "\0", "\n", "\xc3\xa9", "\xff", "*", "$"), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => Buffer.from(parts.join(""), "latin1"));

/** A mask as a regular expression over bytes read as latin1. */
export function patternOf(mask: string): RegExp {
  const bytes = latin1(Buffer.from(mask));
  const isTied = bytes.startsWith("^");
  const rest = isTied ? bytes.slice(1) : bytes;
  const isTiedToEnd = rest.endsWith("$");
  const middle = isTiedToEnd ? rest.slice(0, -1) : rest;
  const places = middle.replace(/(.)(\*?)/gs, (_, byte, star) => {
    const code = byte.charCodeAt(0).toString(16).padStart(2, "0");
    return (byte === "." ? "." : `\\x${code}`) + star;
  });
  return new RegExp((isTied ? "^" : "") + places + (isTiedToEnd ? "$" : ""), "s");
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
