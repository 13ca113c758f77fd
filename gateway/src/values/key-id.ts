/** One key of one database as a string, for maps: keys are bytes, and latin1 spells every byte. */
export function keyId(db: number, key: Uint8Array): string {
  return `${db}:${latin1(key)}`;
}

export function latin1(bytes: Uint8Array): string {
  return asBuffer(bytes).toString("latin1");
}

/** The same bytes, not a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
