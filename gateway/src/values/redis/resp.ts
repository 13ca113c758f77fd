import { latin1 } from "../key-id.js";
import { type Command, type Reply, ReplyError } from "../ports.js";

/** Commands in RESP, as a string of which each character is one byte (latin1). */
export function encode(commands: readonly Command[]): string {
  let text = "";
  for (const words of commands) {
    text += `*${words.length}\r\n`;
    for (const word of words) {
      const bytes = typeof word === "string" ? word : latin1(word);
      text += `$${bytes.length}\r\n${bytes}\r\n`;
    }
  }
  return text;
}

const CR = 0x0d;
const PLUS = 0x2b;
const MINUS = 0x2d;
const COLON = 0x3a;
const DOLLAR = 0x24;
const STAR = 0x2a;
const EMPTY = Buffer.alloc(0);
/** Answers to what we ask hold arrays three deep; who sends more is no Redis. */
const MAX_DEPTH = 16;

/** More bytes are needed. */
const INCOMPLETE = Symbol("incomplete");

/** An array of which some items are still to come. */
class OpenArray {
  readonly items: Reply[] = [];
  readonly length: number;

  constructor(length: number) {
    this.length = length;
  }
}

/**
 * Reads RESP2. What was read is not read again when more comes, however large the reply. Bulk strings
 * are windows on the chunks they came in, not copies.
 */
export class RespDecoder {
  /** What has come and is not read, in pieces until it is enough. */
  #chunks: Buffer[] = [];
  #length = 0;
  #needed = 1;
  #bytes: Buffer = EMPTY;
  #at = 0;
  readonly #open: OpenArray[] = [];

  /**
   * Takes a chunk and tells of every reply that is complete now.
   *
   * @throws Error where the bytes are not RESP2
   */
  push(chunk: Buffer, onReply: (reply: Reply) => void): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return;
    this.#bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    this.#at = 0;
    this.#needed = 1;
    for (let item = this.#next(); item !== INCOMPLETE; item = this.#next()) {
      if (item instanceof OpenArray) this.#enter(item);
      else this.#close(item, onReply);
    }
    const rest = this.#bytes.subarray(this.#at);
    this.#bytes = EMPTY;
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
  }

  /** Reads one item and moves behind it, or stays where it is not complete. */
  #next(): Reply | OpenArray | typeof INCOMPLETE {
    const end = this.#bytes.indexOf(CR, this.#at);
    // The line feed belongs to the line.
    if (end < 0 || end + 1 >= this.#bytes.length) return this.#await(this.#bytes.length + 1);
    const type = this.#bytes[this.#at];
    const line = this.#bytes.toString("latin1", this.#at + 1, end);
    if (type === DOLLAR) return this.#bulk(end + 2, lengthOf(line));
    this.#at = end + 2;
    switch (type) {
      case PLUS:
        return line;
      case MINUS:
        return new ReplyError(line);
      case COLON:
        return Number(line);
      case STAR:
        return arrayOf(lengthOf(line));
      default:
        throw new Error(`byte ${type} begins no RESP2 reply`);
    }
  }

  #bulk(start: number, length: number): Buffer | null | typeof INCOMPLETE {
    const end = start + Math.max(0, length);
    const next = length < 0 ? start : end + 2;
    if (next > this.#bytes.length) return this.#await(next);
    this.#at = next;
    return length < 0 ? null : this.#bytes.subarray(start, end);
  }

  /** @param end up to where the bytes are needed */
  #await(end: number): typeof INCOMPLETE {
    this.#needed = end - this.#at;
    return INCOMPLETE;
  }

  #enter(array: OpenArray): void {
    if (this.#open.length === MAX_DEPTH) {
      throw new Error(`a RESP2 reply is nested more than ${MAX_DEPTH} deep`);
    }
    this.#open.push(array);
  }

  /** Hands a complete item to the array it belongs to, and that one on if it is full now. */
  #close(item: Reply, onReply: (reply: Reply) => void): void {
    let complete = item;
    for (let array = this.#open.at(-1); array !== undefined; array = this.#open.at(-1)) {
      array.items.push(complete);
      if (array.items.length < array.length) return;
      this.#open.pop();
      complete = array.items;
    }
    onReply(complete);
  }
}

function arrayOf(length: number): OpenArray | readonly Reply[] | null {
  if (length < 0) return null;
  return length === 0 ? [] : new OpenArray(length);
}

function lengthOf(line: string): number {
  const length = Number(line);
  if (!Number.isInteger(length) || length < -1) throw new Error(`RESP2 length ${line}`);
  return length;
}
