import { systemClock } from "@keywire/shared";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type AdminError, adminRequest, asAdminError } from "./admin-request.js";
import { Poller } from "./poller.js";

export interface Polled<T> {
  /** The latest answer; null before the first. */
  readonly state: T | null;
  /** When it came, ms since the Unix epoch. */
  readonly at: number | null;
  /** Why there is none since then. */
  readonly fault: AdminError | null;
}

export interface PollPlan<T> {
  /** Behind `v1/admin/`. */
  readonly path: string;
  /** @throws Error where the answer is none that it knows */
  readonly read: (answer: unknown) => T;
  /** ms between an answer and the next question. */
  readonly every: number;
}

/**
 * Asks the admin API, again and again while the tab is in sight.
 *
 * @param plan the same one each time
 * @param again another value asks at once
 */
export function usePolled<T>(token: string, plan: PollPlan<T>, again: unknown = null): Polled<T> {
  const polled = useSignal<Polled<T>>({ state: null, at: null, fault: null });
  useEffect(() => {
    polled.value = { state: null, at: null, fault: null };
  }, [token]);
  useEffect(() => {
    const poller = new Poller({
      ask: async (signal) => plan.read(await adminRequest(plan.path, { token, signal })),
      onAnswer: (state) => {
        polled.value = { state, at: Date.now(), fault: null };
      },
      onError: (error) => {
        polled.value = { ...polled.value, fault: asAdminError(error) };
      },
      clock: systemClock,
      every: plan.every,
    });
    return whileVisible(poller);
  }, [token, again]);
  return polled.value;
}

/** Runs the poller while the tab is in sight. @returns how to stop for good */
function whileVisible<T>(poller: Poller<T>): () => void {
  const follow = () => {
    if (document.visibilityState === "visible") poller.start();
    else poller.stop();
  };
  follow();
  document.addEventListener("visibilitychange", follow);
  return () => {
    document.removeEventListener("visibilitychange", follow);
    poller.stop();
  };
}
