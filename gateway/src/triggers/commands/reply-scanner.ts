const CR = 0x0d;
const EMPTY = Buffer.alloc(0);

const ATTRIBUTES = "|".charCodeAt(0);
/** `$`, `=` and `!`: a length, and so many bytes behind the line. */
const BULKS = new Set(Buffer.from("$=!"));
/** `*`, `~` and `>`: so many items. */
const LISTS = new Set(Buffer.from("*~>"));
/** `%` and `|`: so many pairs. */
const PAIRS = new Set(Buffer.from("%|"));
const LINES = new Set(Buffer.from("+-:_#,("));

/**
 * Cuts RESP3 into whole replies, reading no more of them than where they end. What was looked at is
 * not looked at again when more comes, however large the reply.
 */
export class ReplyScanner {
  #chunks: Buffer[] = [];
  #length = 0;
  #needed = 1;
  /** Where the next item begins, in what is kept. */
  #at = 0;
  /** Items that the present reply still lacks. */
  #missing = 1;

  /** Nothing is left of what came. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /**
   * Takes a chunk and tells of every reply that is complete now: windows on what came.
   *
   * @throws Error where the bytes are not RESP3
   */
  push(chunk: Buffer, onReply: (reply: Buffer) => void): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    let start = 0;
    for (let end = this.#item(bytes); end >= 0; end = this.#item(bytes)) {
      this.#at = end;
      if (this.#missing > 0) continue;
      onReply(bytes.subarray(start, end));
      start = end;
      this.#missing = 1;
    }
    const rest = start === bytes.length ? EMPTY : bytes.subarray(start);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
    this.#at -= start;
    this.#needed -= start;
  }

  /** @returns where the item at hand ends, -1 where more bytes are needed */
  #item(bytes: Buffer): number {
    const lineEnd = bytes.indexOf(CR, this.#at);
    // The line feed belongs to the line.
    if (lineEnd < 0 || lineEnd + 1 >= bytes.length) return this.#await(bytes.length + 1);
    const type = bytes[this.#at] ?? 0;
    let end = lineEnd + 2;
    if (BULKS.has(type)) {
      const length = numberIn(bytes, this.#at + 1, lineEnd);
      if (length >= 0) end += length + 2;
      if (end > bytes.length) return this.#await(end);
    } else if (LISTS.has(type)) {
      this.#missing += Math.max(0, numberIn(bytes, this.#at + 1, lineEnd));
    } else if (PAIRS.has(type)) {
      this.#missing += 2 * numberIn(bytes, this.#at + 1, lineEnd);
      // What they are about comes behind them.
      if (type === ATTRIBUTES) this.#missing++;
    } else if (!LINES.has(type)) {
      throw new Error(`byte ${type} begins no RESP3 reply`);
    }
    this.#missing--;
    return end;
  }

  #await(needed: number): -1 {
    this.#needed = needed;
    return -1;
  }
}

function numberIn(bytes: Buffer, start: number, end: number): number {
  const number = Number(bytes.toString("latin1", start, end));
  if (!Number.isSafeInteger(number) || number < -1) {
    throw new Error(`${bytes.toString("latin1", start, end)} is no length in RESP3`);
  }
  return number;
}

/** The whole replies in a list's bytes, such as of EXEC. */
export function itemsOf(list: Buffer): Buffer[] {
  const items: Buffer[] = [];
  const lineEnd = list.indexOf(CR);
  new ReplyScanner().push(list.subarray(lineEnd + 2), (item) => items.push(item));
  return items;
}
