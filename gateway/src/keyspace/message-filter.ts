import type { Redis } from "ioredis";

/** Who takes a subscriber connection's stream: messages apart from all else, in their order. */
export interface MessageSink {
  message(channel: Buffer, payload: Buffer): void;
  pmessage(pattern: string, channel: Buffer, payload: Buffer): void;
  /** Whole replies that are no messages in bytes, as they came. */
  rest(bytes: Buffer): void;
}

const MESSAGE = Buffer.from("*3\r\n$7\r\nmessage\r\n");
const PMESSAGE = Buffer.from("*4\r\n$8\r\npmessage\r\n");
const CR = 0x0d;
const MINUS = 0x2d;
const ZERO = 0x30;
const BULK = 0x24;
const ARRAY = 0x2a;
/** `+OK`, `-ERR …`, `:1` */
const LINES = new Set([0x2b, 0x2d, 0x3a]);
/** A reply has not come as a whole. */
const INCOMPLETE = -1;

/**
 * Takes the messages out of a RESP2 stream where it comes in. ioredis' own parser is made for any
 * reply, and takes longer for a message than all that is done with it afterwards.
 */
export class MessageFilter {
  readonly #sink: MessageSink;
  /** The beginning of a reply whose rest has not come. */
  #begun: Buffer | undefined;

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  write(chunk: Buffer): void {
    const data = this.#begun === undefined ? chunk : Buffer.concat([this.#begun, chunk]);
    let at = 0;
    /** Where what has not been told begins. */
    let untold = 0;
    for (let end = endOf(data, at); end !== INCOMPLETE && at < data.length; end = endOf(data, at)) {
      if (startsWith(data, at, MESSAGE) || startsWith(data, at, PMESSAGE)) {
        if (untold < at) this.#sink.rest(data.subarray(untold, at));
        if (!this.#tell(data, at)) this.#sink.rest(data.subarray(at, end));
        untold = end;
      }
      at = end;
    }
    this.#begun = at < data.length ? data.subarray(at) : undefined;
    if (untold < at) this.#sink.rest(data.subarray(untold, at));
  }

  /** Tells a message; false where it bears something else than bytes. */
  #tell(data: Buffer, at: number): boolean {
    const isPattern = data[at + 1] === PMESSAGE[1];
    const start = at + (isPattern ? PMESSAGE.length : MESSAGE.length);
    const last = isPattern ? endOfBulk(data, start) : start;
    const payloadAt = endOfBulk(data, last);
    if (data[payloadAt] !== BULK || data[payloadAt + 1] === MINUS) return false;
    const [channel, payload] = [bulk(data, last), bulk(data, payloadAt)];
    if (isPattern) this.#sink.pmessage(bulk(data, start).toString("latin1"), channel, payload);
    else this.#sink.message(channel, payload);
    return true;
  }
}

/**
 * Has a connection's messages told to `sink` instead of as events; what else comes, ioredis is given
 * as before, at its very place among them.
 */
export function filterMessages(redis: Redis, sink: Omit<MessageSink, "rest">): void {
  const { stream } = redis;
  // ioredis puts its parser ahead of all other listeners.
  const [parse] = stream.listeners("data") as ((data: Buffer) => void)[];
  if (parse === undefined) throw new Error("ioredis does not read its connection");
  const filter = new MessageFilter({
    message: (channel, payload) => sink.message(channel, payload),
    pmessage: (pattern, channel, payload) => sink.pmessage(pattern, channel, payload),
    rest: parse,
  });
  stream.off("data", parse);
  stream.prependListener("data", (data: Buffer) => filter.write(data));
}

function startsWith(data: Buffer, at: number, bytes: Buffer): boolean {
  for (let index = 0; index < bytes.length; index++) {
    if (data[at + index] !== bytes[index]) return false;
  }
  return true;
}

/** Where the reply at `at` ends. */
function endOf(data: Buffer, at: number): number {
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

/** Where the bulk string at `at` ends; incomplete also where there is none. */
function endOfBulk(data: Buffer, at: number): number {
  if (data[at] !== BULK) return INCOMPLETE;
  const line = endOfLine(data, at);
  if (line === INCOMPLETE) return INCOMPLETE;
  const length = lengthAt(data, at);
  const end = length < 0 ? line : line + length + 2;
  return end <= data.length ? end : INCOMPLETE;
}

/** What the bulk string at `at`, which has come as a whole, holds. */
function bulk(data: Buffer, at: number): Buffer {
  const start = endOfLine(data, at);
  return data.subarray(start, start + lengthAt(data, at));
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
