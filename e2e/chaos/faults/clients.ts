import { setTimeout as pause } from "node:timers/promises";
import type { ChaosClient } from "../clients/client.js";
import type { Random } from "../random.js";
import type { ClientStep } from "../schedule.js";
import type { FaultLog } from "./fault-log.js";

/** ms a client may take to be back */
const RETURN = 1_000;

/** Pauses some clients, or lets them lose their connections. */
export async function disturbClients(
  clients: readonly ChaosClient[],
  log: FaultLog,
  step: ClientStep,
  random: Random,
): Promise<void> {
  const some = random.sample(clients, Math.ceil(clients.length * step.share));
  const names = some.map(({ name }) => name);
  await log.during({ kind: step.kind, clients: names }, async () => {
    if (step.kind === "clients_paused") {
      for (const client of some) client.pause();
      await pause(step.ms);
      for (const client of some) client.resume();
    } else {
      for (const client of some) client.disconnect(step.how);
      await pause(RETURN);
    }
  });
}
