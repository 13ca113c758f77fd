/** How often a trigger ran and how long that took, on one gateway or on all. Times are ms. */
export interface Tallies {
  readonly triggered: number;
  readonly success: number;
  readonly failed: number;
  readonly totalTime: number;
  readonly lastTime: number;
  /** When the last one finished, ms since the Unix epoch; 0 before the first. */
  readonly lastAt: number;
  readonly error: string | null;
  /** When it was told, ms since the Unix epoch; 0 before the first. */
  readonly errorAt: number;
}

export const NOTHING_YET: Tallies = {
  triggered: 0,
  success: 0,
  failed: 0,
  totalTime: 0,
  lastTime: 0,
  lastAt: 0,
  error: null,
  errorAt: 0,
};

/** Characters of an error's text that are kept. */
const MOST_ERROR = 2_000;

/** Counts as it goes. */
export class Counters implements Tallies {
  triggered: number;
  success: number;
  failed: number;
  totalTime: number;
  lastTime: number;
  lastAt: number;
  error: string | null;
  errorAt: number;

  constructor(from: Tallies = NOTHING_YET) {
    this.triggered = from.triggered;
    this.success = from.success;
    this.failed = from.failed;
    this.totalTime = from.totalTime;
    this.lastTime = from.lastTime;
    this.lastAt = from.lastAt;
    this.error = from.error;
    this.errorAt = from.errorAt;
  }

  fired(): void {
    this.triggered++;
  }

  /** It never ran, after all. */
  undone(): void {
    this.triggered--;
  }

  /**
   * @param ms since the event's arrival
   * @param at ms since the Unix epoch
   * @param error the text, where it failed
   */
  finished(ms: number, at: number, error?: string): void {
    if (error === undefined) this.success++;
    else {
      this.failed++;
      this.error = error.slice(0, MOST_ERROR);
      this.errorAt = at;
    }
    this.totalTime += ms;
    this.lastTime = ms;
    this.lastAt = at;
  }
}

/** Both together; what was last is the later one's. */
export function sum(one: Tallies, other: Tallies): Tallies {
  const last = other.lastAt > one.lastAt ? other : one;
  const failed = other.errorAt > one.errorAt ? other : one;
  return {
    triggered: one.triggered + other.triggered,
    success: one.success + other.success,
    failed: one.failed + other.failed,
    totalTime: one.totalTime + other.totalTime,
    lastTime: last.lastTime,
    lastAt: last.lastAt,
    error: failed.error,
    errorAt: failed.errorAt,
  };
}

/** What came on top of an earlier state of the same counters. */
export function since(now: Tallies, earlier: Tallies): Tallies {
  return {
    ...now,
    triggered: now.triggered - earlier.triggered,
    success: now.success - earlier.success,
    failed: now.failed - earlier.failed,
    totalTime: now.totalTime - earlier.totalTime,
  };
}

/** As the list of libraries shows them, under the names that TFUNCTION had. */
export function shown(tallies: Tallies): Record<string, unknown> {
  const finished = tallies.success + tallies.failed;
  return {
    num_triggered: tallies.triggered,
    num_finished: finished,
    num_success: tallies.success,
    num_failed: tallies.failed,
    last_error: tallies.error,
    last_execution_time: rounded(tallies.lastTime),
    total_execution_time: rounded(tallies.totalTime),
    avg_execution_time: finished === 0 ? 0 : rounded(tallies.totalTime / finished),
  };
}

/** To the microsecond. */
export function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
