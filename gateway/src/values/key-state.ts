import type { Value } from "@keywire/shared";

/** What a key holds. */
export interface KeyState {
  /** null where the key does not exist. */
  readonly value: Value | null;
  /** ms left, where the key expires. */
  readonly ttl?: number;
}

/** What was read of a key, and how much room it takes. */
export interface Reading {
  readonly state: KeyState;
  /** The key's type in Redis' own word; undefined where the key does not exist. */
  readonly type: string | undefined;
  /** Bytes of its strings. */
  readonly bytes: number;
}

export const MISSING: Reading = { state: { value: null }, type: undefined, bytes: 0 };
