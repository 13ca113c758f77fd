type Word = string | Uint8Array;

/**
 * What keys and channels of the gateways' own begin with: revoked tokens, leases, all libraries. Where
 * a command's keys are takes Redis to say, so nothing of it may begin so.
 */
const OWN = "{keywire}:";

/**
 * Why a command is not sent, whatever it is; undefined where it is.
 *
 * @param transfer bytes that a library may send at once
 */
export function wordsFault(words: readonly Word[], transfer: number): string | undefined {
  const size = words.reduce((sum, { length }) => sum + length, 0);
  if (size > transfer) {
    return `the command has ${size} bytes of arguments; a library may send ${transfer} at once`;
  }
  if (!words.some(isOwn)) return undefined;
  return `libraries may not name anything that begins with ${OWN}, under which the gateways keep what is their own`;
}

function isOwn(word: Word): boolean {
  if (typeof word === "string") return word.startsWith(OWN);
  return word.length >= OWN.length && Buffer.from(word.subarray(0, OWN.length)).equals(OWN_BYTES);
}

const OWN_BYTES = Buffer.from(OWN);
