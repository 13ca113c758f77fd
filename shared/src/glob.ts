import { startsWith } from "./bytes.js";
import { ANY, CLASS, escapeGlob, type GlobProgram, parseGlob } from "./glob-program.js";

export { escapeGlob } from "./glob-program.js";

const STAR = 0x2a;
const NOTHING = /* @__PURE__ */ new Uint8Array();

/**
 * A Redis glob over bytes: `*`, `?`, `[abc]`, `[^a]`, `[a-c]` and `\` escapes, case-sensitive, with
 * all the corners of Redis' own matcher. Every sequence of bytes is a glob.
 *
 * One corner is left out: `KEYS **` does not find the empty key, while `*` behind the prefix of a
 * notification's channel matches it. Here `*` matches it always.
 */
export class Glob {
  /** The glob as written. */
  readonly source: Uint8Array;
  /** What every match begins with, as far as it is one string; all of it for a literal. */
  readonly prefix: Uint8Array;
  /** What every match ends with, as far as it is one string; all of it for a literal. */
  readonly suffix: Uint8Array;
  /** Matches exactly one string: its prefix. */
  readonly isLiteral: boolean;
  /** Matches exactly the strings that begin with its prefix. */
  readonly isPrefix: boolean;
  /** Of one that is neither: those that are, which most are, need it seldom, and keep bytes alone. */
  readonly #program: GlobProgram | undefined;

  private constructor(
    source: Uint8Array,
    affixes: { readonly prefix: Uint8Array; readonly suffix: Uint8Array },
    form: "literal" | "prefix" | GlobProgram,
  ) {
    this.source = source;
    this.prefix = affixes.prefix;
    this.suffix = affixes.suffix;
    this.isLiteral = form === "literal";
    this.isPrefix = form === "prefix";
    this.#program = typeof form === "string" ? undefined : form;
  }

  static parse(source: Uint8Array): Glob {
    // A copy: a Buffer may be a window on a pool that is written again.
    const own = new Uint8Array(source);
    const program = parseGlob(own);
    const { codes, loops } = program;
    const head = literalsFrom(codes, 0, loops[0] ?? codes.length, 1);
    const tail = literalsFrom(codes, codes.length - 1, (loops.at(-1) ?? 0) - 1, -1);
    // Tokens hold these by the thousand, and an array takes 200 bytes, however few are in it.
    const prefix = head === 0 ? NOTHING : Uint8Array.from(codes.subarray(0, head));
    if (head === codes.length) {
      if (loops.length === 0) return Glob.#literal(own, prefix);
      if (loops.length === 1) return new Glob(own, { prefix, suffix: NOTHING }, "prefix");
    }
    return new Glob(own, { prefix, suffix: bytesFrom(codes, tail + 1) }, program);
  }

  /** The glob that matches these bytes alone. */
  static exact(bytes: Uint8Array): Glob {
    const own = new Uint8Array(bytes);
    return Glob.#literal(escapeGlob(own), own);
  }

  static #literal(source: Uint8Array, bytes: Uint8Array): Glob {
    // Nothing in it is escaped: then they are the same.
    const same = source.length === bytes.length ? bytes : source;
    return new Glob(same, { prefix: bytes, suffix: bytes }, "literal");
  }

  /** Places and loops, for automata. */
  get program(): GlobProgram {
    return this.#program ?? parseGlob(this.source);
  }

  /** Whether some place takes no byte at all, as `[]` does. */
  get matchesNothing(): boolean {
    return this.#program?.classes.some((set) => set.size === 0) ?? false;
  }

  /** Whether the bytes match. Allocates nothing; a run between two stars is sought once, leftmost. */
  matches(bytes: Uint8Array): boolean {
    const program = this.#program;
    if (program === undefined) {
      return (
        (this.isPrefix || bytes.length === this.prefix.length) && startsWith(bytes, this.prefix)
      );
    }
    const { loops, codes } = program;
    const { length } = codes;
    if (bytes.length < length) return false;
    const first = loops[0];
    if (first === undefined) return bytes.length === length && fits(program, 0, length, bytes, 0);
    if (!fits(program, 0, first, bytes, 0)) return false;
    const last = loops[loops.length - 1] ?? first;
    const end = bytes.length - (length - last);
    return fits(program, last, length, bytes, end) && findRuns(program, bytes, first, end);
  }
}

/** Whether the runs between the stars stand one behind the other in the bytes from `start` to `end`. */
function findRuns(program: GlobProgram, bytes: Uint8Array, start: number, end: number): boolean {
  const { loops } = program;
  let at = start;
  for (let run = 1; run < loops.length; run++) {
    const from = loops[run - 1] ?? 0;
    const to = loops[run] ?? 0;
    const latest = end - (to - from);
    while (at <= latest && !fits(program, from, to, bytes, at)) at++;
    if (at > latest) return false;
    at += to - from;
  }
  return true;
}

/** Whether the places `from` up to `to` take the bytes at `at`, which must be there. */
function fits(
  program: GlobProgram,
  from: number,
  to: number,
  bytes: Uint8Array,
  at: number,
): boolean {
  const { codes } = program;
  for (let place = from, index = at; place < to; place++, index++) {
    const code = codes[place] as number;
    const byte = bytes[index] as number;
    if (code !== byte && !takes(program, code, byte)) return false;
  }
  return true;
}

function takes({ classes }: GlobProgram, code: number, byte: number): boolean {
  return code >= ANY && (code === ANY || classes[code - CLASS]?.has(byte) === true);
}

/** The glob that matches every string with this prefix. */
export function prefixGlob(prefix: Uint8Array): Glob {
  const escaped = escapeGlob(prefix);
  const source = new Uint8Array(escaped.length + 1);
  source.set(escaped);
  source[escaped.length] = STAR;
  return Glob.parse(source);
}

/** The glob that matches this key alone. */
export function exactGlob(key: Uint8Array): Glob {
  return Glob.exact(key);
}

function bytesFrom(codes: Uint32Array, start: number): Uint8Array {
  return start === codes.length ? NOTHING : Uint8Array.from(codes.subarray(start));
}

/** The first place, going from `start` to `end` by `step`, that is not one certain byte, or `end`. */
function literalsFrom(codes: Uint32Array, start: number, end: number, step: 1 | -1): number {
  let place = start;
  while (place !== end && (codes[place] ?? ANY) < ANY) place += step;
  return place;
}
