export const SLOTS = 16_384;

/** CRC-16/XMODEM's polynomial: Redis Cluster's own. */
const POLYNOMIAL = 0x1021;

/** The hash slot of a key, by the specification, apart from the gateway's own code. */
export function slotOf(key: string | Uint8Array): number {
  return crc16(hashed(Buffer.from(key))) % SLOTS;
}

/** What stands between the first `{` and the next `}`, unless that is nothing; else all of it. */
function hashed(key: Buffer): Buffer {
  const open = key.indexOf("{");
  const close = open < 0 ? -1 : key.indexOf("}", open + 1);
  return close > open + 1 ? key.subarray(open + 1, close) : key;
}

function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
    }
    crc &= 0xffff;
  }
  return crc;
}
