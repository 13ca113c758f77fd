/** Events and commands as bytes, for both threads. Numbers are 32 bits, in the machine's order. */

const NUMBER = 4;
const EVENT_HEAD = 5 * NUMBER;

export interface PackedEvent {
  readonly job: number;
  readonly index: number;
  readonly db: number;
  readonly event: string;
  readonly key: Uint8Array;
}

/** Several events in one piece, as they are handed over. */
export function packEvents(events: readonly PackedEvent[]): Uint8Array<ArrayBuffer> {
  const length = events.reduce(
    (sum, { event, key }) => sum + EVENT_HEAD + Buffer.byteLength(event) + key.length,
    0,
  );
  const bytes = Buffer.from(new ArrayBuffer(length));
  let at = 0;
  for (const { job, index, db, event, key } of events) {
    const text = bytes.write(event, at + EVENT_HEAD);
    bytes.writeUInt32LE(index, at);
    bytes.writeUInt32LE(db, at + NUMBER);
    bytes.writeUInt32LE(text, at + 2 * NUMBER);
    bytes.writeUInt32LE(key.length, at + 3 * NUMBER);
    bytes.writeUInt32LE(job, at + 4 * NUMBER);
    bytes.set(key, at + EVENT_HEAD + text);
    at += EVENT_HEAD + text + key.length;
  }
  return bytes;
}

/** Takes them out one by one. */
export class EventReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor({ buffer, byteOffset, length }: Uint8Array) {
    this.#bytes = Buffer.from(buffer, byteOffset, length);
  }

  next(): PackedEvent {
    const bytes = this.#bytes;
    const head = this.#at;
    const text = bytes.readUInt32LE(head + 2 * NUMBER);
    const start = head + EVENT_HEAD + text;
    const end = start + bytes.readUInt32LE(head + 3 * NUMBER);
    this.#at = end;
    return {
      job: bytes.readUInt32LE(head + 4 * NUMBER),
      index: bytes.readUInt32LE(head),
      db: bytes.readUInt32LE(head + NUMBER),
      event: bytes.toString("utf8", head + EVENT_HEAD, start),
      key: bytes.subarray(start, end),
    };
  }
}

/** Asynchronous commands in one piece: the call's number and the packed command's length before each. */
export const CALL_HEAD = 2 * NUMBER;

/** Takes asynchronous commands out one by one. */
export function* unpackCalls({ buffer, byteOffset, length }: Uint8Array) {
  const bytes = Buffer.from(buffer, byteOffset, length);
  for (let at = 0; at < length; ) {
    const call = bytes.readUInt32LE(at);
    const start = at + CALL_HEAD;
    at = start + bytes.readUInt32LE(at + NUMBER);
    yield { call, command: unpackCommand(bytes.subarray(start, at)) };
  }
}

/** A command with what is to be known of it. */
export interface PackedCommand {
  readonly consumer: number;
  readonly db: number;
  readonly access: "read" | "write";
  readonly node: string | null;
  readonly words: readonly (string | Uint8Array)[];
}

const HEAD = 5 * NUMBER;

/** Bytes that the command takes when it is packed. */
export function packedLength({ node, words }: PackedCommand): number {
  let length = HEAD + words.length * NUMBER + (node === null ? 0 : Buffer.byteLength(node));
  for (const word of words) {
    length += typeof word === "string" ? Buffer.byteLength(word) : word.length;
  }
  return length;
}

/** @param bytes with room enough */
export function packCommand(command: PackedCommand, bytes: Buffer): void {
  const { consumer, db, access, node, words } = command;
  let at = HEAD + words.length * NUMBER;
  const nodeLength = node === null ? 0 : bytes.write(node, at);
  at += nodeLength;
  bytes.writeUInt32LE(consumer, 0);
  bytes.writeUInt32LE(db, NUMBER);
  bytes.writeUInt32LE(access === "write" ? 1 : 0, 2 * NUMBER);
  bytes.writeUInt32LE(nodeLength, 3 * NUMBER);
  bytes.writeUInt32LE(words.length, 4 * NUMBER);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const length = typeof word === "string" ? bytes.write(word, at) : word.length;
    if (typeof word !== "string") bytes.set(word, at);
    bytes.writeUInt32LE(length, HEAD + i * NUMBER);
    at += length;
  }
}

/**
 * Copies the command out of the bytes.
 *
 * @throws RangeError where they are no command
 */
export function unpackCommand(shared: Uint8Array): PackedCommand & { words: Buffer[] } {
  const view = Buffer.from(shared.buffer, shared.byteOffset, shared.length);
  const count = view.readUInt32LE(4 * NUMBER);
  const nodeLength = view.readUInt32LE(3 * NUMBER);
  let at = HEAD + count * NUMBER;
  let end = at + nodeLength;
  for (let i = 0; i < count; i++) end += view.readUInt32LE(HEAD + i * NUMBER);
  if (end > view.length) throw new RangeError("a packed command is longer than its bytes");
  const bytes = Buffer.allocUnsafe(end);
  view.copy(bytes, 0, 0, end);
  const node = nodeLength === 0 ? null : bytes.toString("utf8", at, at + nodeLength);
  at += nodeLength;
  const words: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const next = at + bytes.readUInt32LE(HEAD + i * NUMBER);
    words.push(bytes.subarray(at, next));
    at = next;
  }
  return {
    consumer: bytes.readUInt32LE(0),
    db: bytes.readUInt32LE(NUMBER),
    access: bytes.readUInt32LE(2 * NUMBER) === 1 ? "write" : "read",
    node,
    words,
  };
}
