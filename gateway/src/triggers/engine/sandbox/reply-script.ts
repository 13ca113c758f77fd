import { isUtf8 } from "node:buffer";

/** How deep a reply may be nested. */
const MAX_DEPTH = 100;

/**
 * A reply on its way into the sandbox. Frequent ones go as they are, an integer as a number; for
 * the others there is the text of a JSON object `{kind, reply}`, and the bytes that it refers to.
 */
export type ScriptReply =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | { readonly text: string; readonly bytes: Uint8Array | undefined };

const PLUS = 0x2b;
const MINUS = 0x2d;
const COLON = 0x3a;
const DOLLAR = 0x24;
const STAR = 0x2a;
const UNDERSCORE = 0x5f;
const HASH = 0x23;
const COMMA = 0x2c;
const PAREN = 0x28;
const BANG = 0x21;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const TILDE = 0x7e;
const PIPE = 0x7c;
const CR = 0x0d;
const NUL = "\0";

/**
 * @param reply one whole RESP3 reply
 * @param isRaw whether strings become bytes
 */
export function scriptReply(reply: Uint8Array, isRaw: boolean): ScriptReply {
  const bytes = Buffer.from(reply.buffer, reply.byteOffset, reply.length);
  if (!isRaw && !isUtf8(bytes)) {
    return failure("the reply holds bytes that are not UTF-8; ask with callRaw, which gives bytes");
  }
  try {
    return simple(bytes, isRaw) ?? composed(bytes, isRaw);
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error));
  }
}

function simple(bytes: Buffer, isRaw: boolean): ScriptReply | undefined {
  const reader = new Reader(bytes);
  const type = reader.type();
  switch (type) {
    case PLUS:
    case DOLLAR: {
      const string = reader.string(type);
      if (string === null) return null;
      if (isRaw && type === DOLLAR) return bytes.subarray(string.start, string.end);
      const text = bytes.toString("utf8", string.start, string.end);
      // The way of plain texts ends at a NUL.
      return text.includes(NUL) ? undefined : text;
    }
    case COLON: {
      const integer = Number(reader.line());
      return Number.isSafeInteger(integer) ? integer : undefined;
    }
    case UNDERSCORE:
      return null;
    case HASH:
      return reader.line() === "t";
    default:
      return undefined;
  }
}

function composed(bytes: Buffer, isRaw: boolean): ScriptReply {
  const plain = isRaw ? undefined : new PlainWriter(bytes).write();
  if (plain !== undefined) return { text: `{"kind":"plain","reply":${plain}}`, bytes: undefined };
  const first = bytes[0];
  if (first === MINUS || first === BANG) return failure(new Reader(bytes).errorText());
  const writer = new TypedWriter(bytes, isRaw);
  const reply = JSON.stringify(writer.write());
  const text = `{"kind":"typed","reply":${reply},"slices":${writer.refersToBytes}}`;
  return { text, bytes: writer.refersToBytes ? bytes : undefined };
}

function failure(message: string): ScriptReply {
  return { text: JSON.stringify({ kind: "error", reply: message }), bytes: undefined };
}

/** Goes through a reply that is whole. */
class Reader {
  readonly bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  type(): number {
    return this.bytes[this.#at++] ?? 0;
  }

  line(): string {
    const end = this.bytes.indexOf(CR, this.#at);
    if (end < 0) throw new Error("a RESP3 reply ends in the middle of a line");
    const line = this.bytes.toString("latin1", this.#at, end);
    this.#at = end + 2;
    return line;
  }

  /** Where a string stands: `+`, `$`, `!` or `=`. */
  string(type: number): { start: number; end: number } | null {
    if (type === PLUS || type === MINUS) {
      const start = this.#at;
      const end = this.bytes.indexOf(CR, start);
      this.#at = end + 2;
      return { start, end };
    }
    const length = Number(this.line());
    if (length < 0) return null;
    const start = this.#at;
    this.#at = start + length + 2;
    return { start, end: start + length };
  }

  text(type: number): string | null {
    const string = this.string(type);
    return string === null ? null : this.bytes.toString("utf8", string.start, string.end);
  }

  errorText(): string {
    return this.text(this.type()) ?? "";
  }

  count(): number {
    return Number(this.line());
  }
}

/** Writes JSON, as long as JSON can say it. */
class PlainWriter {
  readonly #reader: Reader;

  constructor(bytes: Buffer) {
    this.#reader = new Reader(bytes);
  }

  /** @returns undefined where something stands in it that JSON cannot say */
  write(depth = 0): string | undefined {
    if (depth > MAX_DEPTH) throw new Error(`the reply is nested more than ${MAX_DEPTH} deep`);
    const type = this.#reader.type();
    switch (type) {
      case PLUS:
      case DOLLAR:
        return JSON.stringify(this.#reader.text(type));
      case UNDERSCORE:
        this.#reader.line();
        return "null";
      case HASH:
        return this.#reader.line() === "t" ? "true" : "false";
      case COMMA:
        return finite(this.#reader.line());
      case STAR:
        return this.#array(this.#reader.count(), depth);
      case PERCENT:
        return this.#map(this.#reader.count(), depth);
      default:
        return undefined;
    }
  }

  #array(count: number, depth: number): string | undefined {
    if (count < 0) return "null";
    let text = "[";
    for (let i = 0; i < count; i++) {
      const item = this.write(depth + 1);
      if (item === undefined) return undefined;
      text += i === 0 ? item : `,${item}`;
    }
    return `${text}]`;
  }

  #map(count: number, depth: number): string | undefined {
    let text = "{";
    for (let i = 0; i < count; i++) {
      const key = this.write(depth + 1);
      const value = key?.startsWith('"') ? this.write(depth + 1) : undefined;
      if (value === undefined) return undefined;
      text += `${i === 0 ? "" : ","}${key}:${value}`;
    }
    return `${text}}`;
  }
}

function finite(text: string): string | undefined {
  const number = Number(text);
  // JSON has no other ones, and loses the sign of 0.
  return Number.isFinite(number) && !Object.is(number, -0) ? String(number) : undefined;
}

/** Writes nested lists that say of what type each value is; what is a list is typed. */
class TypedWriter {
  readonly #reader: Reader;
  readonly #isRaw: boolean;
  refersToBytes = false;

  constructor(bytes: Buffer, isRaw: boolean) {
    this.#reader = new Reader(bytes);
    this.#isRaw = isRaw;
  }

  write(depth = 0): unknown {
    if (depth > MAX_DEPTH) throw new Error(`the reply is nested more than ${MAX_DEPTH} deep`);
    const reader = this.#reader;
    const type = reader.type();
    switch (type) {
      case PLUS:
        return reader.text(type);
      case DOLLAR:
        return this.#isRaw ? this.#slice(reader.string(type)) : reader.text(type);
      case COLON:
        return ["integer", reader.line()];
      case UNDERSCORE:
        reader.line();
        return null;
      case HASH:
        return reader.line() === "t";
      case COMMA:
        return double(reader.line());
      case PAREN:
        return ["big_number", reader.line()];
      case MINUS:
      case BANG:
        return ["error", reader.text(type)];
      case EQUALS:
        return this.#verbatim();
      case PIPE:
        this.#items(2 * reader.count(), depth);
        return this.write(depth);
      case STAR: {
        const count = reader.count();
        return count < 0 ? null : ["array", this.#items(count, depth)];
      }
      case TILDE:
        return ["set", this.#items(reader.count(), depth)];
      case PERCENT:
        return ["map", this.#pairs(reader.count(), depth)];
      default:
        throw new Error(`byte ${type} begins no RESP3 reply`);
    }
  }

  #slice(place: { start: number; end: number } | null): unknown {
    if (place === null) return null;
    this.refersToBytes = true;
    return ["bytes", place.start, place.end];
  }

  #verbatim(): unknown {
    const place = this.#reader.string(EQUALS);
    if (place === null) return null;
    const format = this.#reader.bytes.toString("latin1", place.start, place.start + 3);
    const start = place.start + 4;
    if (this.#isRaw) return this.#slice({ start, end: place.end });
    return ["verbatim", this.#reader.bytes.toString("utf8", start, place.end), format];
  }

  #items(count: number, depth: number): unknown[] {
    const items: unknown[] = [];
    for (let i = 0; i < count; i++) items.push(this.write(depth + 1));
    return items;
  }

  #pairs(count: number, depth: number): unknown[] {
    const items: unknown[] = [];
    for (let i = 0; i < count; i++) items.push(this.#key(depth), this.write(depth + 1));
    return items;
  }

  /** A property's name, of whatever type the map's key is. */
  #key(depth: number): string {
    const key = this.write(depth + 1);
    if (typeof key === "string") return key;
    if (!Array.isArray(key)) return String(key);
    if (key[0] !== "bytes") return String(key[1]);
    const bytes = this.#reader.bytes.subarray(key[1], key[2]);
    if (!isUtf8(bytes)) throw new Error("a key of the reply's map is not UTF-8, so no name for it");
    return bytes.toString("utf8");
  }
}

function double(text: string): unknown {
  const number = Number(text);
  if (Object.is(number, -0)) return ["double", "-0"];
  return Number.isFinite(number) && text !== "" ? number : ["double", text];
}
