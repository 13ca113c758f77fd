/** How large a value may be that is fetched and told, and what reading may hold. */
export interface ValueLimits {
  /** Bytes of one value: of its strings, fields and members, without what Redis needs around them. */
  readonly bytes: number;
  /** Elements of one hash, list, set or sorted set. */
  readonly elements: number;
}

/** bytes */
export const DEFAULT_VALUE_BYTES = 64 * 1_024;
export const DEFAULT_VALUE_ELEMENTS = 1_000;
/** bytes of values that are kept, by estimate */
export const DEFAULT_VALUE_CACHE_BYTES = 16 * 1_024 * 1_024;
/** keys that may wait to be read */
export const DEFAULT_VALUE_QUEUE = 100_000;
/** bytes of values in one snapshot */
export const DEFAULT_SNAPSHOT_BYTES = 512 * 1_024;
/** SCANs that one snapshot may take, over all nodes together */
export const DEFAULT_SCAN_ITERATIONS = 1_000;
/** ms that one snapshot may scan */
export const DEFAULT_SCAN_TIME = 2_000;

export interface ValueSettings extends ValueLimits {
  /** Bytes of values to keep, by estimate; 0 keeps none. */
  readonly cacheBytes: number;
  /** Keys that may wait to be read; more are refused. */
  readonly queue: number;
  /** Bytes of values in one snapshot; what is beyond is left out, and the snapshot truncated. */
  readonly snapshotBytes: number;
  /** SCANs that one snapshot may take, over all nodes together. */
  readonly scanIterations: number;
  /** How long one snapshot may scan, ms. */
  readonly scanTime: number;
}

export const DEFAULT_VALUE_SETTINGS: ValueSettings = {
  bytes: DEFAULT_VALUE_BYTES,
  elements: DEFAULT_VALUE_ELEMENTS,
  cacheBytes: DEFAULT_VALUE_CACHE_BYTES,
  queue: DEFAULT_VALUE_QUEUE,
  snapshotBytes: DEFAULT_SNAPSHOT_BYTES,
  scanIterations: DEFAULT_SCAN_ITERATIONS,
  scanTime: DEFAULT_SCAN_TIME,
};
