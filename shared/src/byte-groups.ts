import type { ByteSet } from "./byte-set.js";

/**
 * One byte of each group of bytes that none of the sets tells apart: what is true of an automaton
 * for these is true for all bytes.
 */
export function distinctBytes(sets: Iterable<ByteSet>): number[] {
  const groups = new Uint8Array(256);
  let count = 1;
  for (const set of sets) {
    if (count === 256) break;
    count = split(groups, set);
  }
  return Array.from({ length: count }, (_, group) => groups.indexOf(group));
}

/** Parts each group into those inside and those outside the set; answers how many there are then. */
function split(groups: Uint8Array, set: ByteSet): number {
  const numbers = new Int16Array(512).fill(-1);
  let count = 0;
  for (let byte = 0; byte < 256; byte++) {
    const half = (groups[byte] ?? 0) * 2 + (set.has(byte) ? 1 : 0);
    if (numbers[half] === -1) numbers[half] = count++;
    groups[byte] = numbers[half] ?? 0;
  }
  return count;
}
