import { randomBytes } from "node:crypto";

const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;
const MASKED = 0x80;

/** @typedef {{ text(data: Buffer, start: number, end: number): void, ping(): void, closed(): void }} FrameOwner */

/**
 * Reads a server's WebSocket frames from what a socket gives, without copying it: payloads are told as
 * a place in the buffer, which is the next read's as soon as the call is over.
 */
export class FrameReader {
  /** @type {Buffer | undefined} the beginning of a frame whose rest has not come */
  #rest;

  /**
   * @param {Buffer} chunk
   * @param {number} length of what is new in it
   * @param {FrameOwner} owner
   */
  read(chunk, length, owner) {
    let data = chunk;
    let end = length;
    if (this.#rest !== undefined) {
      data = Buffer.concat([this.#rest, chunk.subarray(0, length)]);
      end = data.length;
      this.#rest = undefined;
    }
    let at = 0;
    for (let next = frameEnd(data, at, end); next > 0; next = frameEnd(data, at, end)) {
      tell(data, at, next, owner);
      at = next;
    }
    if (at < end) this.#rest = Buffer.from(data.subarray(at, end));
  }
}

/**
 * Where the frame that begins at `at` ends; 0 where it has not come as a whole.
 *
 * @param {Buffer} data
 * @param {number} at
 * @param {number} end
 */
function frameEnd(data, at, end) {
  if (end - at < 2) return 0;
  const short = Number(data[at + 1]) & 0x7f;
  const header = headerLength(short);
  if (end - at < header) return 0;
  const next = at + header + payloadLength(data, at, short);
  return next <= end ? next : 0;
}

/** @param {number} short */
function headerLength(short) {
  if (short < 126) return 2;
  return short === 126 ? 4 : 10;
}

/**
 * @param {Buffer} data
 * @param {number} at
 * @param {number} short
 */
function payloadLength(data, at, short) {
  if (short < 126) return short;
  // No frame of this benchmark is beyond 4 GiB.
  return short === 126 ? data.readUInt16BE(at + 2) : data.readUInt32BE(at + 6);
}

/**
 * @param {Buffer} data
 * @param {number} at
 * @param {number} end
 * @param {FrameOwner} owner
 */
function tell(data, at, end, owner) {
  const opcode = Number(data[at]) & 0x0f;
  const start = at + headerLength(Number(data[at + 1]) & 0x7f);
  if (opcode === TEXT) owner.text(data, start, end);
  else if (opcode === PING) owner.ping();
  else if (opcode === CLOSE) owner.closed();
}

/**
 * A client's text frame. Its mask is all zeroes, which is a mask like any other.
 *
 * @param {string} text
 */
export function clientFrame(text) {
  return frame(TEXT, Buffer.from(text));
}

export const PONG_FRAME = frame(PONG, Buffer.alloc(0));

/**
 * @param {number} opcode
 * @param {Buffer} payload
 */
function frame(opcode, payload) {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 6 : length < 65_536 ? 8 : 14);
  header[0] = 0x80 | opcode;
  if (length < 126) header[1] = MASKED | length;
  else if (length < 65_536) {
    header[1] = MASKED | 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = MASKED | 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([header, payload]);
}

/**
 * @param {string} path
 * @param {readonly string[]} headers
 */
export function upgradeRequest(path, headers) {
  return [
    `GET ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    "Sec-WebSocket-Version: 13",
    ...headers,
    "\r\n",
  ].join("\r\n");
}
