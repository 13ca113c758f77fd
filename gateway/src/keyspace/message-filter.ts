import type { Redis } from "ioredis";
import { Names } from "./names.js";

/** Who takes a subscriber connection's stream: messages apart from all else, in their order. */
export interface MessageSink {
  /**
   * The payload stands in `data` at `from` and ends before `to`.
   *
   * @param channel its bytes, as latin1
   */
  message(channel: string, data: Buffer, from: number, to: number): void;
  /** @param pattern its bytes, as latin1 */
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
/** What stands there is no bytes. */
const FOREIGN = -2;

/**
 * Takes the messages out of a RESP2 stream where it comes in. ioredis' own parser is made for any
 * reply, and takes longer for a message than all that is done with it afterwards.
 */
export class MessageFilter {
  readonly #sink: MessageSink;
  readonly #patterns = new Names("latin1");
  readonly #pattern = new Bulk();
  readonly #channel = new Bulk();
  readonly #payload = new Bulk();
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
    while (at < data.length) {
      const messageEnd = this.#read(data, at);
      const end = messageEnd === FOREIGN ? endOf(data, at) : messageEnd;
      if (end === INCOMPLETE) break;
      if (messageEnd !== FOREIGN) {
        // Nothing that is told comes back with more bytes before this returns.
        if (untold < at) this.#sink.rest(data.subarray(untold, at));
        untold = end;
        this.#tell(data, at);
      }
      at = end;
    }
    this.#begun = at < data.length ? data.subarray(at) : undefined;
    if (untold < at) this.#sink.rest(data.subarray(untold, at));
  }

  /** @returns where the message at `at` ends; foreign where none is there, or none of bytes */
  #read(data: Buffer, at: number): number {
    if (startsWith(data, at, MESSAGE)) return this.#readTwo(data, at + MESSAGE.length);
    if (!startsWith(data, at, PMESSAGE)) return FOREIGN;
    const channelAt = this.#pattern.read(data, at + PMESSAGE.length);
    return channelAt < 0 ? channelAt : this.#readTwo(data, channelAt);
  }

  #readTwo(data: Buffer, at: number): number {
    const payloadAt = this.#channel.read(data, at);
    return payloadAt < 0 ? payloadAt : this.#payload.read(data, payloadAt);
  }

  /** Tells the message at `at`, which was read just now. */
  #tell(data: Buffer, at: number): void {
    const { from, to } = this.#payload;
    const channel = this.#channel;
    if (data[at + 1] === MESSAGE[1]) {
      this.#sink.message(data.toString("latin1", channel.from, channel.to), data, from, to);
      return;
    }
    const pattern = this.#patterns.read(data, this.#pattern.from, this.#pattern.to);
    const channelBytes = data.subarray(channel.from, channel.to);
    this.#sink.pmessage(pattern, channelBytes, data.subarray(from, to));
  }
}

/** Where a bulk string's bytes stand. */
class Bulk {
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
    message: (channel, data, from, to) => sink.message(channel, data, from, to),
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
