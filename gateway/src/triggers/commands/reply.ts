const CR = 0x0d;

/** What the gateway itself asks for, read: not what libraries ask for, which goes on as bytes. */
export type ControlReply = string | number | null | readonly ControlReply[];

/** @param reply one whole RESP3 reply; doubles, big numbers and the like come as texts */
export function readReply(reply: Buffer): ControlReply {
  return new Reading(reply).next();
}

class Reading {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(): ControlReply {
    const type = String.fromCharCode(this.#bytes[this.#at] ?? 0);
    const line = this.#line();
    switch (type) {
      case "$":
      case "=":
      case "!":
        return this.#bulk(Number(line));
      case ":":
        return Number(line);
      case "_":
        return null;
      case "*":
      case "~":
        return Number(line) < 0 ? null : this.#list(Number(line));
      case "%":
        return this.#list(2 * Number(line));
      default:
        return line;
    }
  }

  #line(): string {
    const end = this.#bytes.indexOf(CR, this.#at);
    const line = this.#bytes.toString("utf8", this.#at + 1, end);
    this.#at = end + 2;
    return line;
  }

  #bulk(length: number): string | null {
    if (length < 0) return null;
    const text = this.#bytes.toString("utf8", this.#at, this.#at + length);
    this.#at += length + 2;
    return text;
  }

  #list(length: number): ControlReply[] {
    return Array.from({ length }, () => this.next());
  }
}

/** A string's bytes. */
export function bytesIn(reply: Buffer): Buffer {
  return reply.subarray(reply.indexOf(CR) + 2, -2);
}

/** An error's words, where the reply is one. */
export function errorIn(reply: Buffer): string | undefined {
  const isError = reply[0] === "-".charCodeAt(0) || reply[0] === "!".charCodeAt(0);
  return isError ? String(readReply(reply)) : undefined;
}

/** The command was not executed, or changes nothing and was not answered. */
export function unansweredReply(command: string, cause: string): Buffer {
  return errorReply(`${command} was not executed: ${cause}`);
}

/** Nobody knows whether the command was executed. */
export function undecidedReply(command: string, cause: string): Buffer {
  return errorReply(
    `the connection was lost while ${command} was under way (${cause}): it may have been executed or not`,
  );
}

/** @param text without the code */
export function errorReply(text: string): Buffer {
  return Buffer.from(`-ERR ${text.replace(/[\r\n]+/g, " ")}\r\n`);
}
