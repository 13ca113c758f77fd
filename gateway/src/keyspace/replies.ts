const CR = 0x0d;
const MINUS = 0x2d;
const ZERO = 0x30;
const BULK = 0x24;
const ARRAY = 0x2a;
/** `+OK`, `-ERR …`, `:1` */
const LINES = new Set([0x2b, 0x2d, 0x3a]);
/** A reply has not come as a whole. */
export const INCOMPLETE = -1;
/** What stands there is no bytes. */
export const FOREIGN = -2;

/** Where a bulk string's bytes stand. */
export class Bulk {
  from = 0;
  /** Behind the last one. */
  to = 0;

  /** @returns where the bulk string at `at` ends; foreign where there is none, or one of nothing */
  read(data: Buffer, at: number): number {
    if (at >= data.length) return INCOMPLETE;
    if (data[at] !== BULK || data[at + 1] === MINUS) return FOREIGN;
    this.from = endOfLine(data, at);
    if (this.from === INCOMPLETE) return INCOMPLETE;
    this.to = this.from + lengthAt(data, at);
    return this.to + 2 <= data.length ? this.to + 2 : INCOMPLETE;
  }
}

export function startsWith(data: Buffer, at: number, bytes: Buffer): boolean {
  for (let index = 0; index < bytes.length; index++) {
    if (data[at + index] !== bytes[index]) return false;
  }
  return true;
}

/** Where the reply at `at` ends. */
export function endOf(data: Buffer, at: number): number {
  const type = data[at];
  if (type === undefined) return INCOMPLETE;
  if (type === BULK) return endOfBulk(data, at);
  const line = endOfLine(data, at);
  if (line === INCOMPLETE || LINES.has(type)) return line;
  // Of a type that RESP2 does not have: let ioredis say so.
  if (type !== ARRAY) return data.length;
  let end = line;
  for (let items = lengthAt(data, at); items > 0 && end !== INCOMPLETE; items--) {
    end = endOf(data, end);
  }
  return end;
}

/** Where the bulk string at `at` ends, or the null that stands for one. */
function endOfBulk(data: Buffer, at: number): number {
  const line = endOfLine(data, at);
  if (line === INCOMPLETE) return INCOMPLETE;
  const length = lengthAt(data, at);
  const end = length < 0 ? line : line + length + 2;
  return end <= data.length ? end : INCOMPLETE;
}

function endOfLine(data: Buffer, at: number): number {
  let end = at;
  while (end < data.length && data[end] !== CR) end++;
  return end + 2 <= data.length ? end + 2 : INCOMPLETE;
}

/** The number behind the type of a reply. */
function lengthAt(data: Buffer, at: number): number {
  if (data[at + 1] === MINUS) return -1;
  let length = 0;
  for (let index = at + 1; data[index] !== CR; index++) {
    length = length * 10 + ((data[index] ?? ZERO) - ZERO);
  }
  return length;
}
