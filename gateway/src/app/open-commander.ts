import { type Clock, systemClock } from "@keywire/shared";
import { discover } from "../keyspace/discovery.js";
import { encodeBegin, encodeEnd, MARKS_CHANNEL } from "../keyspace/marks.js";
import type { RedisTarget } from "../keyspace/target.js";
import { Commander } from "../triggers/commands/commander.js";
import type { CommanderSettings } from "../triggers/commands/ports.js";

export interface OpenCommanderOptions extends Partial<CommanderSettings> {
  readonly clock?: Clock;
}

/** What libraries do on a deployment. Connects when the first command is executed. */
export function openCommander(
  target: RedisTarget,
  { clock = systemClock, ...settings }: OpenCommanderOptions = {},
): Commander {
  return new Commander(
    {
      credentials: target,
      sharded: target.kind === "cluster",
      locate: () => discover(target, []),
      marks: { channel: MARKS_CHANNEL, begin: encodeBegin, end: encodeEnd },
      clock,
    },
    settings,
  );
}
