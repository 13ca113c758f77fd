import { rounded } from "../statistics/counters.js";
import { compareIds, START, timeOfId } from "./id.js";

/** How far a stream trigger is in one stream. Times are ms. */
export interface ProgressState {
  /** All records up to this one are done: what comes behind it is read after a restart. */
  readonly from: string;
  /** Records that are under way. */
  readonly pending: readonly string[];
  readonly processed: number;
  readonly lastLag: number;
  readonly totalLag: number;
  readonly lastTime: number;
  readonly totalTime: number;
  readonly error: string | null;
}

const NEW: ProgressState = {
  from: START,
  pending: [],
  processed: 0,
  lastLag: 0,
  totalLag: 0,
  lastTime: 0,
  totalTime: 0,
  error: null,
};

/** Characters of an error's text that are kept. */
const MOST_ERROR = 2_000;

/** Follows records as they begin, in the stream's order, and end in any. */
export class Progress {
  #state: ProgressState;
  /** In the order of the stream: those that are done wait there for those before them. */
  readonly #open = new Map<string, "pending" | "done">();

  constructor(state: ProgressState = NEW) {
    // Whoever had records under way is gone: they are read again.
    this.#state = { ...state, pending: [] };
  }

  get from(): string {
    return this.#state.from;
  }

  /** How many are under way. */
  get pending(): number {
    let count = 0;
    for (const state of this.#open.values()) if (state === "pending") count++;
    return count;
  }

  begin(id: string): void {
    this.#open.set(id, "pending");
  }

  /**
   * @param ms how long it took
   * @param now ms since the Unix epoch
   * @param error the text, where it failed
   */
  end(id: string, ms: number, now: number, error?: string): void {
    const lag = Math.max(0, now - timeOfId(id));
    const { processed, totalLag, totalTime } = this.#state;
    this.#open.set(id, "done");
    this.#state = {
      ...this.#state,
      processed: processed + 1,
      lastLag: lag,
      totalLag: totalLag + lag,
      lastTime: ms,
      totalTime: totalTime + ms,
      error: error?.slice(0, MOST_ERROR) ?? this.#state.error,
    };
    this.#advance();
  }

  /** It was not done, and is to be read again. */
  giveUp(id: string): void {
    this.#open.delete(id);
  }

  /** The stream began anew. */
  restart(): void {
    this.#open.clear();
    this.#state = { ...this.#state, from: START };
  }

  state(): ProgressState {
    const pending = [...this.#open].flatMap(([id, state]) => (state === "pending" ? id : []));
    return { ...this.#state, pending };
  }

  #advance(): void {
    let { from } = this.#state;
    for (const [id, state] of this.#open) {
      if (state === "pending") break;
      this.#open.delete(id);
      if (compareIds(id, from) > 0) from = id;
    }
    this.#state = { ...this.#state, from };
  }
}

export function readProgress(text: string): ProgressState {
  try {
    return { ...NEW, ...(JSON.parse(text) as Partial<ProgressState>) };
  } catch {
    return NEW;
  }
}

/** As the list of libraries shows it. */
export function shownProgress(state: ProgressState): Record<string, unknown> {
  return {
    id_to_read_from: state.from,
    last_error: state.error,
    last_lag: rounded(state.lastLag),
    total_lag: rounded(state.totalLag),
    last_processed_time: rounded(state.lastTime),
    total_processed_time: rounded(state.totalTime),
    total_record_processed: state.processed,
    pending_ids: state.pending,
  };
}
