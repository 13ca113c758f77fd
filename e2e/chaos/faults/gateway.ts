import { setTimeout as pause } from "node:timers/promises";
import type { Site } from "../site.js";
import type { FaultLog } from "./fault-log.js";

export async function killGateway(
  site: Site,
  log: FaultLog,
  { downFor }: { readonly downFor: number },
): Promise<void> {
  await log.during({ kind: "gateway_killed" }, async () => {
    await site.gateway.kill();
    await pause(downFor);
    await site.restartGateway();
  });
}

/** In order: SIGTERM, and up again. */
export async function stopGateway(site: Site, log: FaultLog): Promise<void> {
  await log.during({ kind: "gateway_stopped" }, () => site.restartGateway());
}
