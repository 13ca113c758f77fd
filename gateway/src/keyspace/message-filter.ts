import type { Redis } from "ioredis";
import { Bulk, endOf, FOREIGN, INCOMPLETE, startsWith } from "./replies.js";

/** Where bytes stand. */
export interface Span {
  readonly from: number;
  /** Behind the last one. */
  readonly to: number;
}

/**
 * Who takes a subscriber connection's stream: messages apart from all else, in their order. What it knows a
 * channel by is found ahead of that: nothing that it lets go of meanwhile is to be told any more.
 */
export interface MessageSink<T> {
  /** Bytes came: what is told until this is called again is in them, or ends there. */
  arrived(): void;
  /**
   * What each of so many channels is known by.
   *
   * @param spans where each begins, and where it ends
   */
  find(data: Buffer, spans: Uint32Array, count: number): (T | undefined)[];
  /** What the pattern is known by that stands there. */
  findPattern(data: Buffer, from: number, to: number): T | undefined;
  /** Messages on these channels are told next; where there are several. */
  upcoming(channels: readonly (T | undefined)[]): void;
  message(known: T | undefined, data: Buffer, channel: Span, payload: Span): void;
  pmessage(known: T | undefined, channel: Buffer, payload: Buffer): void;
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
export class MessageFilter<T> {
  readonly #sink: MessageSink<T>;
  readonly #pattern = new Bulk();
  readonly #channel = new Bulk();
  readonly #payload = new Bulk();
  /** Of the messages that were read last; none where that is a pattern's. */
  #channels: (T | undefined)[] = [];
  /** Where the channel of each begins, and where it ends. */
  readonly #channelSpans = new Uint32Array(2 * AHEAD);
  readonly #payloadSpans = new Uint32Array(2 * AHEAD);
  /** The beginning of a reply whose rest has not come. */
  #begun: Buffer | undefined;

  constructor(sink: MessageSink<T>) {
    this.#sink = sink;
  }

  write(chunk: Buffer): void {
    this.#sink.arrived();
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
    const [channel, payload] = [this.#channel, this.#payload];
    const [channelSpans, payloadSpans] = [this.#channelSpans, this.#payloadSpans];
    let count = 0;
    let [at, end] = [from, FOREIGN];
    while (count < AHEAD && startsWith(data, at, MESSAGE)) {
      end = this.#readTwo(data, at + MESSAGE.length);
      if (end < 0) break;
      channelSpans[2 * count] = channel.from;
      channelSpans[2 * count + 1] = channel.to;
      payloadSpans[2 * count] = payload.from;
      payloadSpans[2 * count + 1] = payload.to;
      count += 1;
      at = end;
    }
    if (count === 0) return end;
    this.#channels = this.#sink.find(data, channelSpans, count);
    return at;
  }

  #readTwo(data: Buffer, at: number): number {
    const payloadAt = this.#channel.read(data, at);
    return payloadAt < 0 ? payloadAt : this.#payload.read(data, payloadAt);
  }

  /** Tells what was read just now. */
  #tell(data: Buffer): void {
    const channels = this.#channels;
    if (channels.length === 0) {
      const known = this.#sink.findPattern(data, this.#pattern.from, this.#pattern.to);
      const channel = data.subarray(this.#channel.from, this.#channel.to);
      this.#sink.pmessage(known, channel, data.subarray(this.#payload.from, this.#payload.to));
      return;
    }
    if (channels.length > 1) this.#sink.upcoming(channels);
    let at = 0;
    for (const known of channels) {
      this.#channel.from = this.#channelSpans[at] ?? 0;
      this.#channel.to = this.#channelSpans[at + 1] ?? 0;
      this.#payload.from = this.#payloadSpans[at] ?? 0;
      this.#payload.to = this.#payloadSpans[at + 1] ?? 0;
      this.#sink.message(known, data, this.#channel, this.#payload);
      at += 2;
    }
  }
}

/**
 * Has a connection's messages told to `sink` instead of as events; what else comes, ioredis is given
 * as before, at its very place among them.
 */
export function filterMessages<T>(redis: Redis, sink: Omit<MessageSink<T>, "rest">): void {
  const { stream } = redis;
  // ioredis puts its parser ahead of all other listeners.
  const [parse] = stream.listeners("data") as ((data: Buffer) => void)[];
  if (parse === undefined) throw new Error("ioredis does not read its connection");
  const filter = new MessageFilter<T>({
    arrived: () => sink.arrived(),
    find: (data, spans, count) => sink.find(data, spans, count),
    findPattern: (data, from, to) => sink.findPattern(data, from, to),
    upcoming: (channels) => sink.upcoming(channels),
    message: (known, data, channel, payload) => sink.message(known, data, channel, payload),
    pmessage: (known, channel, payload) => sink.pmessage(known, channel, payload),
    rest: parse,
  });
  stream.off("data", parse);
  stream.prependListener("data", (data: Buffer) => filter.write(data));
}
