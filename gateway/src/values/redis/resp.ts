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

/** Reads RESP2. Bulk strings are windows on the chunks they came in, not copies. */
export class RespDecoder {
  #bytes: Buffer = EMPTY;
  #at = 0;

  /**
   * Takes a chunk and tells of every reply that is complete now.
   *
   * @throws Error where the bytes are not RESP2
   */
  push(chunk: Buffer, onReply: (reply: Reply) => void): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    for (let start = 0; ; ) {
      this.#at = start;
      const reply = start < this.#bytes.length ? this.#read(0) : INCOMPLETE;
      if (reply === INCOMPLETE) {
        this.#bytes = this.#bytes.subarray(start);
        return;
      }
      start = this.#at;
      onReply(reply);
    }
  }

  #read(depth: number): Reply | typeof INCOMPLETE {
    const type = this.#bytes[this.#at];
    const end = this.#bytes.indexOf(CR, this.#at);
    // The line feed belongs to the line.
    if (end < 0 || end + 1 >= this.#bytes.length) return INCOMPLETE;
    const line = this.#bytes.toString("latin1", this.#at + 1, end);
    this.#at = end + 2;
    switch (type) {
      case PLUS:
        return line;
      case MINUS:
        return new ReplyError(line);
      case COLON:
        return Number(line);
      case DOLLAR:
        return this.#readBulk(lengthOf(line));
      case STAR:
        return this.#readArray(lengthOf(line), depth + 1);
      default:
        throw new Error(`byte ${type} begins no RESP2 reply`);
    }
  }

  #readBulk(length: number): Buffer | null | typeof INCOMPLETE {
    if (length < 0) return null;
    const start = this.#at;
    this.#at = start + length + 2;
    if (this.#at > this.#bytes.length) return INCOMPLETE;
    return this.#bytes.subarray(start, start + length);
  }

  #readArray(length: number, depth: number): readonly Reply[] | null | typeof INCOMPLETE {
    if (length < 0) return null;
    if (depth > MAX_DEPTH) throw new Error(`a RESP2 reply is nested more than ${MAX_DEPTH} deep`);
    const items: Reply[] = [];
    for (let index = 0; index < length; index++) {
      const item = this.#at < this.#bytes.length ? this.#read(depth) : INCOMPLETE;
      if (item === INCOMPLETE) return INCOMPLETE;
      items.push(item);
    }
    return items;
  }
}

function lengthOf(line: string): number {
  const length = Number(line);
  if (!Number.isInteger(length) || length < -1) throw new Error(`RESP2 length ${line}`);
  return length;
}
