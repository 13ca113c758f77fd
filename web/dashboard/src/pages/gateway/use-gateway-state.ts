import { type Polled, usePolled } from "../../admin/use-polled.js";
import { type GatewayState, readState } from "./state.js";

const PLAN = { path: "state", read: readState, every: 1_500 };

/** Asks the gateway what it holds, again and again while the tab is in sight. */
export function useGatewayState(token: string): Polled<GatewayState> {
  return usePolled(token, PLAN);
}
