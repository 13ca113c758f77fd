import { setTimeout as pause } from "node:timers/promises";
import type { ChaosClient } from "../clients/client.js";
import type { Random } from "../random.js";
import { clientSteps, type Step, steps, type Timed } from "../schedule.js";
import type { Site } from "../site.js";
import { disturbClients } from "./clients.js";
import type { FaultLog } from "./fault-log.js";
import { killGateway, stopGateway } from "./gateway.js";
import { breakLink } from "./links.js";
import { failOver, freeze, killPrimary, killReplica } from "./nodes.js";
import { moveSlots } from "./slots.js";

export interface Stage {
  readonly site: Site;
  readonly clients: readonly ChaosClient[];
  readonly log: FaultLog;
  /** Kinds of steps, or `clients`; all where absent. */
  readonly only: readonly string[] | undefined;
  /** Told of each step as it begins. */
  readonly announce: (step: object) => void;
}

/** Does one step after the other until `end`, ms since the Unix epoch; the last may end later. */
export async function disturbDeployment(stage: Stage, random: Random, end: number): Promise<void> {
  const choices = random.fork();
  for (const step of steps(random, stage.only)) {
    if (Date.now() + step.calm >= end) return;
    await pause(step.calm);
    stage.announce(step);
    await disturb(stage, step, choices);
    // The next would meet a cluster that cannot take it: a second failure in a row is data loss, no news.
    await stage.site.cluster.waitUntilStable();
  }
}

export async function disturbAllClients(stage: Stage, random: Random, end: number): Promise<void> {
  const choices = random.fork();
  for (const step of clientSteps(random, stage.only)) {
    if (Date.now() + step.calm >= end) return;
    await pause(step.calm);
    stage.announce(step);
    await disturbClients(stage.clients, stage.log, step, choices);
  }
}

async function disturb({ site, log }: Stage, step: Timed<Step>, random: Random): Promise<void> {
  switch (step.kind) {
    case "kill_primary":
      return killPrimary(site, log, step);
    case "kill_replica":
      return killReplica(site, log, step);
    case "failover":
      return failOver(site, log, step);
    case "freeze":
      return freeze(site, log, step);
    case "move_slots":
      return moveSlots(site, log, step, random);
    case "gateway_killed":
      return killGateway(site, log, step);
    case "gateway_stopped":
      return stopGateway(site, log);
    default:
      return breakLink(site, log, step);
  }
}
