import { systemClock } from "@keywire/shared";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { AdminError, adminRequest } from "./admin-request.js";
import { Poller } from "./poller.js";
import { type GatewayState, readState } from "./state.js";

/** ms */
const POLL_EVERY = 1_500;

export interface Polled {
  /** The latest answer; null before the first. */
  readonly state: GatewayState | null;
  /** When it came, ms since the Unix epoch. */
  readonly at: number | null;
  /** Why there is none since then. */
  readonly fault: AdminError | null;
}

const NOTHING_YET: Polled = { state: null, at: null, fault: null };

/** Asks the gateway what it holds, again and again while the tab is in sight. */
export function useGatewayState(token: string): Polled {
  const polled = useSignal(NOTHING_YET);
  useEffect(() => {
    polled.value = NOTHING_YET;
    const poller = new Poller({
      ask: async (signal) => readState(await adminRequest("state", { token, signal })),
      onAnswer: (state) => {
        polled.value = { state, at: Date.now(), fault: null };
      },
      onError: (error) => {
        polled.value = { ...polled.value, fault: asAdminError(error) };
      },
      clock: systemClock,
      every: POLL_EVERY,
    });
    return whileVisible(poller);
  }, [token]);
  return polled.value;
}

/** Runs the poller while the tab is in sight. @returns how to stop for good */
function whileVisible(poller: Poller<GatewayState>): () => void {
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

function asAdminError(error: Error): AdminError {
  return error instanceof AdminError
    ? error
    : new AdminError("bad_answer", error.message, { cause: error });
}
