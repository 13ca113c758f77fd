/** Hash slots a cluster divides its keys into. */
export const SLOTS = 16_384;

const OPEN = 0x7b;
const CLOSE = 0x7d;

/** CRC16/XMODEM, the polynomial 0x1021: the one the Redis Cluster specification names. */
const CRC_TABLE = /* @__PURE__ */ Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});

/** The slot of a key: of what stands between its first `{` and the next `}`, where that is not empty. */
export function slotOf(key: Uint8Array): number {
  const open = key.indexOf(OPEN);
  if (open >= 0) {
    const close = key.indexOf(CLOSE, open + 1);
    if (close > open + 1) return crc16(key, open + 1, close) % SLOTS;
  }
  return crc16(key, 0, key.length) % SLOTS;
}

function crc16(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let at = from; at < to; at++) {
    crc = ((crc << 8) & 0xffff) ^ (CRC_TABLE[(crc >> 8) ^ (bytes[at] ?? 0)] ?? 0);
  }
  return crc;
}
