/** A message with a place in its channel's sequence, encoded once for all who get it. */
export interface Entry {
  readonly type: "event" | "gap" | "snapshot";
  readonly offset: number;
  /** The message as JSON, without line breaks. */
  readonly text: string;
  /** Of the text in UTF-8. */
  readonly bytes: number;
  /** What it tells of happened between `from` and `to`, ms since the Unix epoch. */
  readonly from: number;
  readonly to: number;
}

/** Turns a batch into what goes over one kind of connection. */
export interface BatchEncoder {
  encode(batch: Batch): Uint8Array;
}

/** Successive messages of one channel, the same object for all members that get them. */
export class Batch {
  readonly channel: string;
  readonly epoch: string;
  /** Never empty, offsets go up by one. */
  readonly entries: readonly Entry[];
  /** Of all texts and the line breaks between them, in UTF-8. */
  readonly bytes: number;
  /** Whether several members may get it. */
  readonly isShared: boolean;
  #encoder: BatchEncoder | undefined;
  #encoded: Uint8Array | undefined;
  /** By further encoders: mostly one kind of connection has it all. */
  #others: Map<BatchEncoder, Uint8Array> | undefined;

  constructor(
    channel: string,
    epoch: string,
    entries: readonly Entry[],
    bytes: number,
    isShared: boolean,
  ) {
    this.channel = channel;
    this.epoch = epoch;
    this.entries = entries;
    this.bytes = bytes;
    this.isShared = isShared;
  }

  /** One that several members may get. */
  static of(channel: string, epoch: string, entries: readonly Entry[]): Batch {
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes + 1, -1);
    return new Batch(channel, epoch, entries, bytes, true);
  }

  /** The messages as JSON, one per line. */
  get text(): string {
    const [first] = this.entries;
    if (first !== undefined && this.entries.length === 1) return first.text;
    return this.entries.map(({ text }) => text).join("\n");
  }

  get first(): number {
    return this.entries[0]?.offset ?? 0;
  }

  get last(): number {
    return this.entries.at(-1)?.offset ?? 0;
  }

  /** What the encoder makes of it; made once, however many connections send it. */
  encoded(encoder: BatchEncoder): Uint8Array {
    if (this.#encoder === encoder && this.#encoded !== undefined) return this.#encoded;
    const known = this.#others?.get(encoder);
    if (known !== undefined) return known;
    const bytes = encoder.encode(this);
    if (this.#encoder === undefined) {
      this.#encoder = encoder;
      this.#encoded = bytes;
    } else {
      this.#others ??= new Map();
      this.#others.set(encoder, bytes);
    }
    return bytes;
  }
}
