import { base64UrlDecode, base64UrlEncode } from "@keywire/shared";
import type { StreamPlace } from "./stream-source.js";

/** Where the progress in streams is kept, for all gateways. */
export interface ProgressStore {
  /** By field; see `fieldOf`. */
  readStreams(life: string): Promise<ReadonlyMap<string, string>>;
  /** @returns false where the library's life is over */
  writeStream(name: string, life: string, field: string, text: string): Promise<boolean>;
  forgetStreams(life: string, fields: readonly string[]): Promise<void>;
}

/** The name of what is kept of one stream for one trigger. */
export function fieldOf(birth: string, { db, key }: StreamPlace): string {
  return `${birth}:${db}:${base64UrlEncode(key)}`;
}

/** The stream that a field is about, where it is one of this trigger's. */
export function placeIn(field: string, birth: string): StreamPlace | undefined {
  const [of, db, encoded = ""] = field.split(":");
  const key = base64UrlDecode(encoded);
  return of === birth && key !== null ? { db: Number(db), key } : undefined;
}
