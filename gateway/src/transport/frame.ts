/** FIN and the opcodes of a text and a ping frame, of a server, so without a mask (RFC 6455, 5.2). */
const TEXT = 0x81;
const PING = 0x89;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MAX_LENGTH_7 = 125;
const MAX_LENGTH_16 = 0xffff;

/** A ping without a payload. */
export const PING_FRAME: Uint8Array = Uint8Array.of(PING, 0);

/** Bytes that a text frame takes whose text takes so many in UTF-8. */
export function frameLength(bytes: number): number {
  return (bytes <= MAX_LENGTH_7 ? 2 : bytes <= MAX_LENGTH_16 ? 4 : 10) + bytes;
}

/**
 * One WebSocket text frame, header and payload in one buffer, as a server sends it.
 *
 * @param bytes of the text in UTF-8
 */
export function textFrame(text: string, bytes: number): Buffer {
  const frame = Buffer.allocUnsafe(frameLength(bytes));
  putTextFrame(frame, 0, text, bytes);
  return frame;
}

/**
 * Writes such a frame to where there is room for it.
 *
 * @returns where it ends
 */
export function putTextFrame(target: Buffer, at: number, text: string, bytes: number): number {
  target[at] = TEXT;
  let end = at + 2;
  if (bytes <= MAX_LENGTH_7) {
    target[at + 1] = bytes;
  } else if (bytes <= MAX_LENGTH_16) {
    target[at + 1] = LENGTH_16;
    end = target.writeUInt16BE(bytes, end);
  } else {
    target[at + 1] = LENGTH_64;
    end = target.writeBigUInt64BE(BigInt(bytes), end);
  }
  // As many bytes as characters: all of it is ASCII, and copied faster as such.
  target.write(text, end, bytes === text.length ? "latin1" : "utf8");
  return end + bytes;
}
