import { integer, list, optional, text } from "../kinds.js";
import { row } from "../row.js";
import { MILLION } from "./quantities.js";

/** The libraries to load, and how much may wait for one. */
export const TRIGGERS = {
  libraries: row(
    "Triggers",
    optional(list("files, comma separated, as in shop.js,audit.js", text("a file"))),
    undefined,
    "JavaScript libraries to load at the start, for all gateways on this Redis. One that is loaded already under the same name is replaced if its source differs; its configuration and statistics stay.",
    { fallbackDoc: "none" },
  ),
  triggerQueue: row(
    "Triggers",
    integer({ min: 1, max: 10 * MILLION }),
    100_000,
    "Events that may wait for one library. What comes beyond that takes the place of the oldest, which is counted as missed.",
  ),
} as const;
