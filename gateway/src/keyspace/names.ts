/** Names kept: a power of two. Redis has some thirty events. */
const PLACES = 256;
/** Bytes; longer ones are read anew each time. */
const LONGEST = 64;

interface Known {
  readonly bytes: Buffer;
  readonly text: string;
}

/**
 * Reads names that come again and again, such as events': what was read before is found by its bytes,
 * and no text is made of it again.
 */
export class Names {
  /** Each name has one place, which it takes from whichever had it before. */
  readonly #known: (Known | undefined)[] = Array(PLACES).fill(undefined);

  /** The text that stands at `from` and ends before `to`. */
  read(data: Buffer, from: number, to: number): string {
    if (to - from > LONGEST) return data.toString("utf8", from, to);
    const place = placeOf(data, from, to);
    const known = this.#known[place];
    if (known !== undefined && isAt(data, from, to, known.bytes)) return known.text;
    const text = data.toString("utf8", from, to);
    this.#known[place] = { bytes: Buffer.from(data.subarray(from, to)), text };
    return text;
  }
}

function placeOf(data: Buffer, from: number, to: number): number {
  let hash = 0;
  for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + (data[at] ?? 0)) | 0;
  return (hash ^ (hash >>> 8)) & (PLACES - 1);
}

function isAt(data: Buffer, from: number, to: number, bytes: Buffer): boolean {
  if (bytes.length !== to - from) return false;
  for (let at = 0; at < bytes.length; at++) if (data[from + at] !== bytes[at]) return false;
  return true;
}
