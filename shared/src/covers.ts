import { startsWith } from "./bytes.js";
import type { Glob } from "./glob.js";
import { type Budget, Inclusion } from "./inclusion.js";

export type { Budget } from "./inclusion.js";

/**
 * How much work a proof may take, in steps of some nanoseconds: patterns that people write take some
 * thousands, the bound is reached within milliseconds.
 */
export const COVERS_BUDGET = 200_000;

/**
 * Whether glob `a` matches everything that glob `b` can match.
 *
 * Exact for every construct, within the budget: true is always proved. False means that some string
 * matches `b` alone, or, for patterns made so that the proof explodes (many `?` or classes behind a
 * `*` that overlap themselves), that no proof was found within the budget. Where a grant is checked
 * that denies, which is safe. What needs no search, a `*` alone or between a prefix and a suffix
 * among it, takes nothing from the budget and is answered without one, too.
 */
export function covers(a: Glob, b: Glob, budget: Budget = { steps: COVERS_BUDGET }): boolean {
  if (b.isLiteral) return a.matches(b.prefix);
  if (b.matchesNothing) return true;
  if (a.matchesNothing || a.isLiteral) return false;
  // Behind its prefix, before its suffix, `b` goes on in more than one way: a longer one of `a` is
  // missed by some of them.
  if (!startsWith(b.prefix, a.prefix) || !endsWith(b.suffix, a.suffix)) return false;
  if (isAffixes(a)) return true;
  return Inclusion.isProved(a, b, budget);
}

/** Whether the glob is one `*` between a prefix and a suffix. */
function isAffixes(glob: Glob): boolean {
  if (glob.isPrefix) return true;
  const { program, prefix, suffix } = glob;
  return program.loops.length === 1 && program.codes.length === prefix.length + suffix.length;
}

function endsWith(bytes: Uint8Array, suffix: Uint8Array): boolean {
  const offset = bytes.length - suffix.length;
  return offset >= 0 && suffix.every((byte, index) => bytes[offset + index] === byte);
}
