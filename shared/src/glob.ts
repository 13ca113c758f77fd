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
  /** Places and loops, for automata. */
  readonly program: GlobProgram;
  readonly #codes: Uint32Array;
  readonly #loops: readonly number[];

  private constructor(source: Uint8Array, program: GlobProgram) {
    const { codes, loops } = program;
    this.source = source;
    this.program = program;
    this.#codes = codes;
    this.#loops = loops;
    const head = literalsFrom(codes, 0, loops[0] ?? codes.length, 1);
    const tail = literalsFrom(codes, codes.length - 1, (loops.at(-1) ?? 0) - 1, -1);
    this.isLiteral = loops.length === 0 && head === codes.length;
    // Tokens hold these by the thousand, and an array takes 200 bytes, however few are in it.
    this.prefix = head === 0 ? NOTHING : Uint8Array.from(codes.subarray(0, head));
    this.suffix = this.isLiteral ? this.prefix : bytesFrom(codes, tail + 1);
    this.isPrefix = loops.length === 1 && loops[0] === codes.length && head === codes.length;
  }

  static parse(source: Uint8Array): Glob {
    // A copy: a Buffer may be a window on a pool that is written again.
    const own = new Uint8Array(source);
    return new Glob(own, parseGlob(own));
  }

  /** Whether the bytes match. Allocates nothing; a run between two stars is sought once, leftmost. */
  matches(bytes: Uint8Array): boolean {
    const length = this.#codes.length;
    if (bytes.length < length) return false;
    const first = this.#loops[0];
    if (first === undefined) return bytes.length === length && this.#fits(0, length, bytes, 0);
    if (!this.#fits(0, first, bytes, 0)) return false;
    if (this.isPrefix) return true;
    const last = this.#loops[this.#loops.length - 1] ?? first;
    const end = bytes.length - (length - last);
    return this.#fits(last, length, bytes, end) && this.#findRuns(bytes, first, end);
  }

  /** Whether the runs between the stars stand one behind the other in the bytes from `start` to `end`. */
  #findRuns(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start;
    for (let run = 1; run < this.#loops.length; run++) {
      const from = this.#loops[run - 1] ?? 0;
      const to = this.#loops[run] ?? 0;
      const latest = end - (to - from);
      while (at <= latest && !this.#fits(from, to, bytes, at)) at++;
      if (at > latest) return false;
      at += to - from;
    }
    return true;
  }

  /** Whether the places `from` up to `to` take the bytes at `at`, which must be there. */
  #fits(from: number, to: number, bytes: Uint8Array, at: number): boolean {
    const codes = this.#codes;
    for (let place = from, index = at; place < to; place++, index++) {
      const code = codes[place] as number;
      const byte = bytes[index] as number;
      if (code !== byte && !this.#takes(code, byte)) return false;
    }
    return true;
  }

  #takes(code: number, byte: number): boolean {
    return code >= ANY && (code === ANY || this.program.classes[code - CLASS]?.has(byte) === true);
  }
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
  return Glob.parse(escapeGlob(key));
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
