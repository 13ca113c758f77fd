import { duration, integer, size } from "../kinds.js";
import { row } from "../row.js";
import { GIB, MIB, MILLION, MINUTE, SECOND } from "./quantities.js";

/** How long a share of the work is kept for its gateway, and how much of it by the others. */
export const SHARING = {
  leaseTtl: row(
    "Sharing work",
    duration({ min: 2 * SECOND, max: MINUTE }),
    4 * SECOND,
    "How long a gateway that ended without a word keeps its share of triggers and sinks from the others. It is renewed four times in that time, and work stops when Redis is away for longer.",
  ),
  leaseBacklogEntries: row(
    "Sharing work",
    integer({ min: 1_000, max: 100 * MILLION }),
    500_000,
    "How many events each kind of work (triggers, a sink) keeps that no worker has been given: those of other gateways until they are known to be done, and its own while Redis is away. Past it the oldest are dropped and counted.",
  ),
  leaseBacklogBytes: row(
    "Sharing work",
    size({ min: MIB, max: 64 * GIB }),
    256 * MIB,
    "How many bytes of them.",
  ),
} as const;
