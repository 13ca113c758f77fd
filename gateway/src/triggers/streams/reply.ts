/** A RESP reply, as far as reading streams needs it: maps are flat arrays, attributes are unknown. */
export type Reply = Buffer | number | null | Reply[] | ReplyFault;

/** An error that Redis answered. */
export class ReplyFault extends Error {
  override readonly name = "ReplyFault";
}

const AGGREGATES: ReadonlyMap<string, number> = new Map([
  ["*", 1],
  ["~", 1],
  [">", 1],
  ["%", 2],
]);

/** Reads one whole reply. @throws Error where it is none */
export function parseReply(bytes: Uint8Array): Reply {
  return new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)).reply();
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  reply(): Reply {
    const line = this.#line();
    const [type, rest] = [line[0] ?? "", line.slice(1)];
    const width = AGGREGATES.get(type);
    if (width !== undefined) return this.#aggregate(Number(rest), width);
    switch (type) {
      case "+":
      case ",":
      case "(":
      case "#":
        return Buffer.from(rest, "latin1");
      case "-":
        return new ReplyFault(Buffer.from(rest, "latin1").toString());
      case ":":
        return Number(rest);
      case "_":
        return null;
      case "$":
      case "=":
        return this.#bulk(Number(rest));
      case "!":
        return new ReplyFault(this.#bulk(Number(rest))?.toString());
      default:
        throw new Error(`a reply cannot begin with ${JSON.stringify(type)}`);
    }
  }

  #aggregate(length: number, width: number): Reply {
    if (length < 0) return null;
    const items: Reply[] = [];
    for (let left = length * width; left > 0; left--) items.push(this.reply());
    return items;
  }

  #bulk(length: number): Buffer | null {
    if (length < 0) return null;
    const from = this.#at;
    this.#at += length + 2;
    if (this.#at > this.#bytes.length) throw new Error("the reply is cut off");
    return this.#bytes.subarray(from, from + length);
  }

  #line(): string {
    const end = this.#bytes.indexOf("\r\n", this.#at);
    if (end < 0) throw new Error("the reply is cut off");
    const line = this.#bytes.toString("latin1", this.#at, end);
    this.#at = end + 2;
    return line;
  }
}
