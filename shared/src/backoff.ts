/** Delays between attempts: exponential with full jitter, so that clients do not return in step. */
export interface Backoff {
  /** Upper bound of the first delay, ms. */
  readonly min: number;
  /** Upper bound of any delay, ms. */
  readonly max: number;
}

/** What the SDK waits between connection attempts, ms. */
export const RECONNECT_BACKOFF: Backoff = { min: 500, max: 20_000 };

/**
 * The delay before an attempt, in ms: uniform between 0 and a bound that doubles with each failure.
 *
 * @param attempt 0 for the first retry
 * @param random a number in [0, 1)
 */
export function backoffDelay({ min, max }: Backoff, attempt: number, random: number): number {
  return Math.round(random * Math.min(max, min * 2 ** Math.min(attempt, 30)));
}
