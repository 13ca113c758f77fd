export {
  DEFAULT_PROMPT_EXPIRY_BATCH,
  DEFAULT_PROMPT_EXPIRY_KEYS,
  DEFAULT_PROMPT_EXPIRY_TICK,
  PromptExpiry,
  type PromptExpirySettings,
  type PromptExpiryStatus,
} from "./expiry/prompt-expiry.js";
export type { KeyState } from "./key-state.js";
export {
  DEFAULT_SCAN_ITERATIONS,
  DEFAULT_SCAN_TIME,
  DEFAULT_SNAPSHOT_BYTES,
  DEFAULT_VALUE_BYTES,
  DEFAULT_VALUE_CACHE_BYTES,
  DEFAULT_VALUE_ELEMENTS,
  DEFAULT_VALUE_QUEUE,
  type ValueSettings,
} from "./limits.js";
export type { Ask, Command, EndOfTurn, Layout, Reply, Store } from "./ports.js";
export { ReplyError } from "./ports.js";
export {
  DEFAULT_READ_TIMEOUT,
  RedisStore,
  type RedisStoreOptions,
  type Whereabouts,
} from "./redis/redis-store.js";
export type { Snapshot } from "./snapshot/snapshot.js";
export type { Mark } from "./value-cache.js";
export { type ReadOptions, Values, type ValuesPorts, type ValuesStatus } from "./values.js";
