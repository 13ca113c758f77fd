import { setTimeout as pause } from "node:timers/promises";
import type { FaultProxy } from "../../support/index.js";
import type { Step } from "../schedule.js";
import type { Site } from "../site.js";
import type { FaultLog } from "./fault-log.js";
import { shardAt } from "./nodes.js";

export type LinkStep = Extract<Step, { readonly kind: `link_${string}` }>;

/** Makes the link to a primary bad for a while. */
export async function breakLink(site: Site, log: FaultLog, step: LinkStep): Promise<void> {
  const { primary, slots } = await shardAt(site, step.primary);
  const link = site.linkTo(primary);
  await log.during({ kind: step.kind, slots }, async () => {
    begin(link, step);
    if ("ms" in step) await pause(step.ms);
    link.resume();
  });
}

function begin(link: FaultProxy, step: LinkStep): void {
  switch (step.kind) {
    case "link_cut":
      link.cut();
      break;
    case "link_refused":
      link.refuse();
      break;
    case "link_half_open":
      link.stall();
      break;
    case "link_delayed":
      link.delay(step.delay);
      break;
    case "link_trickling":
      link.trickle(step.bytesPerTick);
  }
}
