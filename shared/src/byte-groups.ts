import type { ByteSet } from "./byte-set.js";

/**
 * One byte of each group of bytes that none of the sets tells apart: what is true of an automaton
 * for these is true for all bytes.
 */
export function distinctBytes(sets: Iterable<ByteSet>): number[] {
  const groups = new Uint16Array(256);
  let count = 1;
  for (const set of new Set(sets)) {
    if (count === 256) break;
    count = split(groups, count, set);
  }
  const seen = new Set<number>();
  const bytes: number[] = [];
  groups.forEach((group, byte) => {
    if (seen.has(group)) return;
    seen.add(group);
    bytes.push(byte);
  });
  return bytes;
}

/** Parts each group into those inside and those outside the set; answers how many there are then. */
function split(groups: Uint16Array, count: number, set: ByteSet): number {
  const numbers = new Map<number, number>();
  for (let byte = 0; byte < 256; byte++) {
    const half = (groups[byte] ?? 0) * 2 + (set.has(byte) ? 1 : 0);
    if (!numbers.has(half)) numbers.set(half, numbers.size);
    groups[byte] = numbers.get(half) ?? 0;
  }
  return Math.max(count, numbers.size);
}
