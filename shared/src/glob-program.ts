import { ByteSet } from "./byte-set.js";

/**
 * A glob, read: places 0 to n, of which place i takes one byte and leads to place i + 1, and place
 * n accepts. A place behind a `*` loops: it takes any bytes first.
 */
export interface GlobProgram {
  /** What each place takes: 0 to 255 that byte, `ANY` any byte, `CLASS + i` one of `classes[i]`. */
  readonly codes: Uint32Array;
  readonly classes: readonly ByteSet[];
  /** The places that loop, ascending, without repetition. */
  readonly loops: readonly number[];
  /** The text ends inside a class or behind a lone backslash: more text would change what it means. */
  readonly isOpen: boolean;
  /** False where a range means something else to a Redis built for CPUs whose `char` is unsigned. */
  readonly isPortable: boolean;
}

export const ANY = 256;
export const CLASS = 257;

const STAR = 0x2a;
const QUESTION = 0x3f;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BACKSLASH = 0x5c;
const CARET = 0x5e;
const DASH = 0x2d;

/** Reads a glob as Redis' matcher does: every sequence of bytes is one, nothing is refused. */
export function parseGlob(source: Uint8Array): GlobProgram {
  return new Parser(source).parse();
}

const ANY_BYTE = /* @__PURE__ */ ByteSet.all();
const ONE_BYTE = /* @__PURE__ */ Array.from({ length: 256 }, (_, byte) => ByteSet.of(byte));

/** What each place takes, as sets; equal literals share theirs. */
export function placeSets({ codes, classes }: GlobProgram): ByteSet[] {
  return Array.from(codes, (code) => ONE_BYTE[code] ?? classes[code - CLASS] ?? ANY_BYTE);
}

/** Puts a backslash before whatever a glob would take for more than itself. */
export function escapeGlob(bytes: Uint8Array): Uint8Array {
  const escaped: number[] = [];
  for (const byte of bytes) {
    if (isSpecial(byte)) escaped.push(BACKSLASH);
    escaped.push(byte);
  }
  return Uint8Array.from(escaped);
}

function isSpecial(byte: number): boolean {
  return (
    byte === STAR || byte === QUESTION || byte === OPEN || byte === CLOSE || byte === BACKSLASH
  );
}

class Parser {
  readonly #source: Uint8Array;
  readonly #codes: number[] = [];
  readonly #classes: ByteSet[] = [];
  readonly #loops: number[] = [];
  #at = 0;
  #isOpen = false;
  #isPortable = true;

  constructor(source: Uint8Array) {
    this.#source = source;
  }

  parse(): GlobProgram {
    while (this.#at < this.#source.length) this.#readOne();
    return {
      codes: Uint32Array.from(this.#codes),
      classes: this.#classes,
      loops: this.#loops,
      isOpen: this.#isOpen,
      isPortable: this.#isPortable,
    };
  }

  #readOne(): void {
    const byte = this.#next();
    switch (byte) {
      case STAR:
        if (this.#loops.at(-1) !== this.#codes.length) this.#loops.push(this.#codes.length);
        break;
      case QUESTION:
        this.#codes.push(ANY);
        break;
      case OPEN:
        this.#pushSet(this.#readClass());
        break;
      case BACKSLASH:
        this.#isOpen = this.#left() === 0;
        // A backslash with nothing behind it stands for itself.
        this.#codes.push(this.#isOpen ? BACKSLASH : this.#next());
        break;
      default:
        this.#codes.push(byte);
    }
  }

  #readClass(): ByteSet {
    const set = new ByteSet();
    const isNegated = this.#peek() === CARET;
    if (isNegated) this.#at++;
    while (this.#left() > 0 && this.#peek() !== CLOSE) this.#readMember(set);
    this.#isOpen = this.#left() === 0;
    this.#at++;
    return isNegated ? set.complement() : set;
  }

  #readMember(set: ByteSet): void {
    const byte = this.#next();
    if (byte === BACKSLASH && this.#left() > 0) {
      // Escaped, it does not begin a range: "[\a-c]" holds a, - and c.
      set.add(this.#next());
    } else if (this.#left() >= 2 && this.#peek() === DASH) {
      this.#at++;
      // Whatever ends the range is taken as it stands, "]" and "\" too.
      this.#addRange(set, byte, this.#next());
    } else {
      set.add(byte);
    }
  }

  /** Redis compares the ends as C's `char`, which is signed on x86 and Apple silicon. */
  #addRange(set: ByteSet, one: number, other: number): void {
    if (one >= 0x80 !== other >= 0x80) this.#isPortable = false;
    const first = Math.min(signed(one), signed(other));
    const last = Math.max(signed(one), signed(other));
    for (let value = first; value <= last; value++) set.add(value & 0xff);
  }

  #pushSet(set: ByteSet): void {
    const only = set.size === 1 ? set.first() : undefined;
    if (only !== undefined) this.#codes.push(only);
    else if (set.size === 256) this.#codes.push(ANY);
    else this.#codes.push(CLASS + this.#classes.push(set) - 1);
  }

  #left(): number {
    return this.#source.length - this.#at;
  }

  #peek(): number | undefined {
    return this.#source[this.#at];
  }

  #next(): number {
    return this.#source[this.#at++] ?? 0;
  }
}

function signed(byte: number): number {
  return byte >= 0x80 ? byte - 256 : byte;
}
