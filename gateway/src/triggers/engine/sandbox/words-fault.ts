import { isOwn, OWN } from "../../own-names.js";

/**
 * Why a command is not sent, whatever it is; undefined where it is. Where a command's keys are takes
 * Redis to say, so nothing of it may name what is the gateways' own.
 *
 * @param transfer bytes that a library may send at once
 */
export function wordsFault(
  words: readonly (string | Uint8Array)[],
  transfer: number,
): string | undefined {
  const size = words.reduce((sum, { length }) => sum + length, 0);
  if (size > transfer) {
    return `the command has ${size} bytes of arguments; a library may send ${transfer} at once`;
  }
  if (!words.some(isOwn)) return undefined;
  return `libraries may not name anything that begins with ${OWN}, under which the gateways keep what is their own`;
}
