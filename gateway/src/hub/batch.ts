/** One message of a channel, as it is kept and sent. */
export interface Encoded {
  readonly offset: number;
  /** The message as JSON, without line breaks. */
  readonly text: string;
  /** The time it is about, ms since the Unix epoch: a moment for an event, a stretch for a gap. */
  readonly from: number;
  readonly to: number;
}

/**
 * Messages of one channel that travel together: encoded once, and for each transport framed once,
 * whoever and however many they go to.
 */
export class Batch {
  /** The channel's name, as its messages bear it. */
  readonly channel: string;
  /** Offsets of the first and the last message. */
  readonly first: number;
  readonly last: number;
  /** The messages as JSON, one a line. */
  readonly text: string;
  /** The time the messages are about, ms since the Unix epoch: what is missing if they are dropped. */
  readonly from: number;
  readonly to: number;
  /** Where transports keep the bytes they made of it, by kind of transport. */
  readonly encoded = new Map<string, Uint8Array>();

  /** @param messages one at least, their offsets going up by one */
  constructor(channel: string, messages: readonly Encoded[]) {
    const first = messages[0];
    const last = messages.at(-1);
    if (first === undefined || last === undefined) throw new Error("a batch without messages");
    this.channel = channel;
    this.first = first.offset;
    this.last = last.offset;
    this.text = messages.length === 1 ? first.text : messages.map(({ text }) => text).join("\n");
    this.from = messages.reduce((from, message) => Math.min(from, message.from), first.from);
    this.to = last.to;
  }
}
