import type { ByteSet } from "./byte-set.js";
import { startsWith } from "./bytes.js";
import type { Glob } from "./glob.js";
import { placeSets } from "./glob-program.js";

/**
 * Whether some string matches both globs. Exact; takes time in proportion to the product of their
 * lengths.
 */
export function intersects(a: Glob, b: Glob): boolean {
  if (a.isLiteral) return b.matches(a.prefix);
  if (b.isLiteral) return a.matches(b.prefix);
  if (a.matchesNothing || b.matchesNothing) return false;
  if (!agree(a.prefix, b.prefix)) return false;
  if (!agree(a.suffix.toReversed(), b.suffix.toReversed())) return false;
  return (a.isPrefix && b.isPrefix) || meet(a, b);
}

/** Whether one is the beginning of the other. */
function agree(one: Uint8Array, other: Uint8Array): boolean {
  return startsWith(one, other) || startsWith(other, one);
}

/** Whether both automata, fed the same bytes, can accept at once. */
function meet(a: Glob, b: Glob): boolean {
  const [one, other] = [a.program, b.program];
  const columns = placeSets(other);
  const rows = placeSets(one);
  const rowLoops = new Set(one.loops);
  const loops = new Set(other.loops);
  let row = new Uint8Array(columns.length + 1);
  row[0] = 1;
  for (let place = 0; place <= rows.length; place++) {
    const next = new Uint8Array(columns.length + 1);
    advance({ row, next, columns, loops, takes: rows[place], isLoop: rowLoops.has(place) });
    if (place === rows.length) break;
    row = next;
  }
  return row[columns.length] === 1;
}

interface Row {
  /** 1 for each place of b that can be reached together with this place of a. */
  readonly row: Uint8Array;
  /** The same for the next place of a. */
  readonly next: Uint8Array;
  readonly columns: readonly ByteSet[];
  readonly loops: ReadonlySet<number>;
  /** What this place of a takes; undefined at its last. */
  readonly takes: ByteSet | undefined;
  readonly isLoop: boolean;
}

function advance({ row, next, columns, loops, takes, isLoop }: Row): void {
  for (let column = 0; column < row.length; column++) {
    if (row[column] === 0) continue;
    if (isLoop && column < columns.length) row[column + 1] = 1;
    if (takes === undefined) continue;
    if (loops.has(column)) next[column] = 1;
    if (columns[column]?.intersects(takes)) next[column + 1] = 1;
  }
}
