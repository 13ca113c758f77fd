import { base64Decode, base64UrlEncode, type EventMessage } from "@keywire/shared";

/** The channel that hears one key alone; null where the key's bytes cannot be read. */
export function channelOfKey({ key, key_raw, db }: EventMessage): string | null {
  const database = db === 0 ? "" : `@${db}`;
  if (key !== null) return `key${database}:${key}`;
  const bytes = base64Decode(key_raw ?? "%");
  return bytes === null ? null : `rawkey${database}:${base64UrlEncode(bytes)}`;
}
