import { duration, integer, size } from "../kinds.js";
import { row } from "../row.js";
import { DAY, GIB, HOUR, MIB, SECOND } from "./quantities.js";

/** What a channel keeps, and for how long. */
export const CHANNELS = {
  historySize: row(
    "Channels",
    integer({ min: 0, max: 100_000 }),
    300,
    "How many messages each channel keeps, for clients that come back.",
  ),
  historyTtl: row(
    "Channels",
    duration({ min: 0, max: DAY }),
    60 * SECOND,
    "How long they are kept.",
  ),
  historyBytes: row(
    "Channels",
    size({ min: 0, max: GIB }),
    MIB,
    "How many bytes of them each channel keeps.",
  ),
  historyMemory: row(
    "Channels",
    size({ min: 0, max: 1_024 * GIB }),
    128 * MIB,
    "How many bytes of memory the histories of all channels take together, in each worker. The oldest messages go first.",
  ),
  linger: row(
    "Channels",
    duration({ min: 0, max: HOUR }),
    15 * SECOND,
    "How long a channel and its Redis subscription outlive their last client.",
  ),
} as const;
