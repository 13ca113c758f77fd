/**
 * Payloads of the subkey families (Redis 8.8): hash fields, each as `length:bytes`, joined by
 * commas. Lengths count bytes; an empty field is `0:`. Fields may hold commas, colons and pipes,
 * so the lengths alone say where one ends.
 */

const COLON = 0x3a;
const COMMA = 0x2c;
const PIPE = 0x7c;
/** Redis' longest string is 512 MB: nine digits. More is no length. */
const MAX_LENGTH_DIGITS = 9;

export interface Sized {
  readonly bytes: Buffer;
  /** Where the next byte behind it stands. */
  readonly end: number;
}

/** Reads one `length:bytes` at `from`; undefined where there is none. */
export function parseLengthPrefixed(payload: Buffer, from: number): Sized | undefined {
  const colon = payload.indexOf(COLON, from);
  if (colon <= from || colon - from > MAX_LENGTH_DIGITS) return undefined;
  const digits = payload.toString("latin1", from, colon);
  if (!/^\d+$/.test(digits)) return undefined;
  const end = colon + 1 + Number(digits);
  return end <= payload.length ? { bytes: payload.subarray(colon + 1, end), end } : undefined;
}

/** Reads `2:f1,2:f2` to its end; undefined where it is anything else. */
export function parseFieldList(payload: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  for (;;) {
    const field = parseLengthPrefixed(payload, at);
    if (field === undefined) return undefined;
    fields.push(field.bytes);
    if (field.end === payload.length) return fields;
    if (payload[field.end] !== COMMA) return undefined;
    at = field.end + 1;
  }
}

/** Reads `hset|2:f1,2:f2`. */
export function splitSubkeyPayload(
  payload: Buffer,
): { readonly head: Buffer; readonly fields: Buffer[] } | undefined {
  const pipe = payload.indexOf(PIPE);
  if (pipe < 0) return undefined;
  const fields = parseFieldList(payload.subarray(pipe + 1));
  return fields && { head: payload.subarray(0, pipe), fields };
}
