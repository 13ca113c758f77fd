import { setTimeout as pause } from "node:timers/promises";
import type { Site } from "../site.js";
import type { FaultLog } from "./fault-log.js";

export async function killGateway(
  { gateway }: Site,
  log: FaultLog,
  { downFor }: { readonly downFor: number },
): Promise<void> {
  await log.during({ kind: "gateway_killed" }, async () => {
    await gateway.kill();
    await pause(downFor);
    await gateway.restart();
  });
}

/** In order: SIGTERM, and up again. */
export async function stopGateway({ gateway }: Site, log: FaultLog): Promise<void> {
  await log.during({ kind: "gateway_stopped" }, () => gateway.restart());
}
