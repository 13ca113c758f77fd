import { useMemo } from "preact/hooks";
import { type Polled, type PollPlan, usePolled } from "../../admin/use-polled.js";
import { type Moved, RunHistory } from "./history.js";
import { type LibraryState, readLibraries } from "./state.js";

/** ms between an answer and the next question. */
const EVERY = 1_000;
/** Names, statistics, and each stream of the stream triggers. */
const PATH = "libraries?verbosity=2";

/** One answer of the gateway, beside those before it. */
export interface View {
  readonly libraries: readonly LibraryState[];
  readonly moved: Moved;
  /** Counts the answers. */
  readonly turn: number;
}

/** @param again another value asks at once */
export function useTriggers(token: string, again: number): Polled<View> & { history: RunHistory } {
  const { history, plan } = useMemo(makePlan, [token]);
  return { ...usePolled(token, plan, again), history };
}

function makePlan(): { history: RunHistory; plan: PollPlan<View> } {
  const history = new RunHistory();
  let turn = 0;
  const read = (answer: unknown): View => {
    const libraries = readLibraries(answer);
    return { libraries, moved: history.take(libraries, Date.now()), turn: ++turn };
  };
  return { history, plan: { path: PATH, read, every: EVERY } };
}
