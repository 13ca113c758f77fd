import { flag, integer, size } from "../kinds.js";
import { row } from "../row.js";
import { GIB, KIB, MIB, MILLION } from "./quantities.js";

/** How much is read of keys, and how it is kept fresh. */
export const VALUES = {
  maxValueBytes: row(
    "Values",
    size({ min: 1, max: 512 * MIB }),
    64 * KIB,
    "The largest value that is fetched and delivered; of a larger one its size is told.",
  ),
  maxValueElements: row(
    "Values",
    integer({ min: 1, max: 10 * MILLION }),
    1_000,
    "The most elements of a hash, list, set or sorted set that are fetched and delivered.",
  ),
  valueCacheBytes: row(
    "Values",
    size({ min: 0, max: 64 * GIB }),
    16 * MIB,
    "How many bytes of values are kept in memory, for as long as a live subscription keeps them fresh.",
  ),
  promptExpiry: row(
    "Values",
    flag(),
    true,
    "Touch keys whose expiry was delivered when they are due, so that Redis tells `expired` at once instead of when it happens to find them.",
  ),
} as const;
