import { setTimeout as pause } from "node:timers/promises";
import { slotOf } from "../../support/index.js";
import { lastingKeys } from "../clients/keys.js";
import type { Random } from "../random.js";
import type { Site } from "../site.js";
import type { FaultLog } from "./fault-log.js";

/**
 * Moves slots of keys that are being written to another primary and back again, in the orderly way,
 * with time between the steps in which both nodes take writes.
 */
export async function moveSlots(
  site: Site,
  log: FaultLog,
  { count, dwell }: { readonly count: number; readonly dwell: number },
  random: Random,
): Promise<void> {
  const slots = random.sample(lastingKeys(), count).map(slotOf);
  for (const slot of slots) {
    const home = await site.cluster.primaryOf(slot);
    const others = (await site.cluster.primaries()).filter((node) => node !== home);
    const away = random.pick(others);
    for (const [from, to] of [
      [home, away],
      [away, home],
    ] as const) {
      await log.during({ kind: "move_slot", slots: [[slot, slot]] }, async () => {
        await site.cluster.setImporting(slot, from, to);
        await pause(dwell);
        await site.cluster.setMigrating(slot, from, to);
        await pause(dwell);
        await site.cluster.migrateKeys(slot, from, to);
        await pause(dwell);
        await site.cluster.migrateKeys(slot, from, to);
        await site.cluster.assignSlot(slot, from, to);
      });
      // Moved back before all nodes know, Redis may give two owners one epoch, and never agree again.
      await site.cluster.waitUntilStable();
    }
  }
}
