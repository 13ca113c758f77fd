import type { Redis } from "ioredis";
import { Names } from "./names.js";
import { Bulk, endOf, FOREIGN, INCOMPLETE, startsWith } from "./replies.js";

/** Who takes a subscriber connection's stream: messages apart from all else, in their order. */
export interface MessageSink {
  /** Messages on these channels are told next; where there are several. */
  upcoming(channels: readonly string[]): void;
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
/** Messages read ahead of those that are told, at the most: what they take is to stay in the processor's cache. */
const AHEAD = 64;

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
  /** Of the messages that were read last; none where that is a pattern's. */
  #channels: string[] = [];
  /** Where their payloads begin and end. */
  readonly #froms = new Uint32Array(AHEAD);
  readonly #tos = new Uint32Array(AHEAD);
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
      const messagesEnd = this.#read(data, at);
      const end = messagesEnd === FOREIGN ? endOf(data, at) : messagesEnd;
      if (end === INCOMPLETE) break;
      if (messagesEnd !== FOREIGN) {
        // Nothing that is told comes back with more bytes before this returns.
        if (untold < at) this.#sink.rest(data.subarray(untold, at));
        untold = end;
        this.#tell(data);
      }
      at = end;
    }
    this.#begun = at < data.length ? data.subarray(at) : undefined;
    if (untold < at) this.#sink.rest(data.subarray(untold, at));
  }

  /**
   * Reads the messages that stand from `at` on, one behind the other, or the one message of a pattern.
   *
   * @returns where they end; foreign where none is there, or none of bytes
   */
  #read(data: Buffer, at: number): number {
    this.#channels = [];
    const end = this.#readMessages(data, at);
    if (end !== FOREIGN || !startsWith(data, at, PMESSAGE)) return end;
    const channelAt = this.#pattern.read(data, at + PMESSAGE.length);
    return channelAt < 0 ? channelAt : this.#readTwo(data, channelAt);
  }

  #readMessages(data: Buffer, from: number): number {
    const channels = this.#channels;
    let at = from;
    while (channels.length < AHEAD && startsWith(data, at, MESSAGE)) {
      const end = this.#readTwo(data, at + MESSAGE.length);
      if (end < 0) return channels.length === 0 ? end : at;
      this.#froms[channels.length] = this.#payload.from;
      this.#tos[channels.length] = this.#payload.to;
      channels.push(data.toString("latin1", this.#channel.from, this.#channel.to));
      at = end;
    }
    return channels.length === 0 ? FOREIGN : at;
  }

  #readTwo(data: Buffer, at: number): number {
    const payloadAt = this.#channel.read(data, at);
    return payloadAt < 0 ? payloadAt : this.#payload.read(data, payloadAt);
  }

  /** Tells what was read just now. */
  #tell(data: Buffer): void {
    const channels = this.#channels;
    if (channels.length === 0) {
      const pattern = this.#patterns.read(data, this.#pattern.from, this.#pattern.to);
      const channel = data.subarray(this.#channel.from, this.#channel.to);
      this.#sink.pmessage(pattern, channel, data.subarray(this.#payload.from, this.#payload.to));
      return;
    }
    if (channels.length > 1) this.#sink.upcoming(channels);
    for (let at = 0; at < channels.length; at++) {
      this.#sink.message(channels[at] ?? "", data, this.#froms[at] ?? 0, this.#tos[at] ?? 0);
    }
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
    upcoming: (channels) => sink.upcoming(channels),
    message: (channel, data, from, to) => sink.message(channel, data, from, to),
    pmessage: (pattern, channel, payload) => sink.pmessage(pattern, channel, payload),
    rest: parse,
  });
  stream.off("data", parse);
  stream.prependListener("data", (data: Buffer) => filter.write(data));
}
