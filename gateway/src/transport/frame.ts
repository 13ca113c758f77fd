/** FIN and the opcodes of a text and a ping frame, of a server, so without a mask (RFC 6455, 5.2). */
const TEXT = 0x81;
const PING = 0x89;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MAX_LENGTH_7 = 125;
const MAX_LENGTH_16 = 0xffff;

/** A ping without a payload. */
export const PING_FRAME: Uint8Array = Uint8Array.of(PING, 0);

/**
 * One WebSocket text frame, header and payload in one buffer, as a server sends it.
 *
 * @param bytes of the text in UTF-8
 */
export function textFrame(text: string, bytes: number): Buffer {
  const header = bytes <= MAX_LENGTH_7 ? 2 : bytes <= MAX_LENGTH_16 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + bytes);
  frame[0] = TEXT;
  if (header === 2) {
    frame[1] = bytes;
  } else if (header === 4) {
    frame[1] = LENGTH_16;
    frame.writeUInt16BE(bytes, 2);
  } else {
    frame[1] = LENGTH_64;
    frame.writeBigUInt64BE(BigInt(bytes), 2);
  }
  // As many bytes as characters: all of it is ASCII, and copied faster as such.
  frame.write(text, header, bytes === text.length ? "latin1" : "utf8");
  return frame;
}
