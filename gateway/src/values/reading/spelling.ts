import { isUtf8 } from "node:buffer";

/** How a value's bytes are told: as text, or all of them as base64 where one of them is not text. */
export interface Spelling {
  readonly field: "data" | "base64";
  spell(bytes: Buffer): string;
}

const TEXT: Spelling = { field: "data", spell: (bytes) => bytes.toString("utf8") };
const BASE64: Spelling = { field: "base64", spell: (bytes) => bytes.toString("base64") };

/** One spelling for all of a value: a client must not have to guess which of its strings is which. */
export function spellingFor(strings: readonly Buffer[]): Spelling {
  return strings.every(isUtf8) ? TEXT : BASE64;
}
