/**
 * The small language of key masks, over bytes: `c` is that byte, `.` any one, `*` zero or more of the
 * one before it, `^` in front ties it to the key's begin, `$` behind to its end. Without them it
 * matches anywhere. A `*` with nothing before it, a `^` that is not in front and a `$` that is not
 * behind stand for themselves; there is no escape.
 */

const CARET = 0x5e;
const DOLLAR = 0x24;
const STAR = 0x2a;
const DOT = 0x2e;

/** In a place: any byte. */
export const ANY = 256;

/** One byte of a match, or with `loops` a run of them, which may be empty. */
export interface Place {
  /** 0 to 255, or ANY. */
  readonly code: number;
  readonly loops: boolean;
}

export interface Mask {
  /** Whether a match begins where the key does. */
  readonly isTiedToBegin: boolean;
  /** Whether it ends where the key does. */
  readonly isTiedToEnd: boolean;
  readonly places: readonly Place[];
}

/** Reads a mask; every sequence of bytes is one. */
export function parseMask(source: Uint8Array): Mask {
  const isTiedToBegin = source[0] === CARET;
  const isTiedToEnd = source.length > Number(isTiedToBegin) && source.at(-1) === DOLLAR;
  const end = isTiedToEnd ? source.length - 1 : source.length;
  const places: Place[] = [];
  for (let at = Number(isTiedToBegin); at < end; at++) {
    const byte = source[at] ?? 0;
    const loops = source[at + 1] === STAR && at + 1 < end;
    places.push({ code: byte === DOT ? ANY : byte, loops });
    if (loops) at++;
  }
  return { isTiedToBegin, isTiedToEnd, places };
}
