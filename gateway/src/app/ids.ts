import { randomBytes } from "node:crypto";

/** Bytes of an id. */
const ID_BYTES = 9;
/** Ids whose bytes are drawn together: a call for each costs more than all else about it. */
const DRAWN = 256;

/** Makes ids that nobody guesses, 12 characters of base64url each. */
export function randomIds(): () => string {
  let bytes = Buffer.alloc(0);
  let at = 0;
  return () => {
    if (at === bytes.length) {
      bytes = randomBytes(DRAWN * ID_BYTES);
      at = 0;
    }
    const id = bytes.toString("base64url", at, at + ID_BYTES);
    at += ID_BYTES;
    return id;
  };
}
