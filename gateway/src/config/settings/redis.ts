import { checkRedisUrl } from "../checks.js";
import { checked, choice, integer, optional, text } from "../kinds.js";
import { maskCredentials } from "../mask.js";
import { row } from "../row.js";

/** The server whose keys are shown. */
export const REDIS = {
  redis: row(
    "Redis",
    optional(
      checked(
        text(
          "a Redis URL: redis://host:6379/0, rediss://…, redis+cluster://h1:p1,h2:p2 or redis+sentinel://h1:p1,h2:p2/name",
        ),
        checkRedisUrl,
      ),
    ),
    undefined,
    "The Redis or Valkey to serve: `redis://[user:password@]host:port/db`, `rediss://…` over TLS, `redis+cluster://h1:p1,h2:p2`, `redis+sentinel://h1:p1,h2:p2/name`. Its database is the one that channels without `@` mean. `keywire dev` starts a private server where it is not set.",
    { mask: maskCredentials, fromFile: true, fallbackDoc: "none; required" },
  ),
  notifyEvents: row(
    "Redis",
    choice("auto", "check", "off"),
    "auto",
    "What to do about `notify-keyspace-events`: `auto` adds the flags that are missing on each node, `check` is not ready without them, `off` trusts that they are set.",
  ),
  patternBudget: row(
    "Redis",
    integer({ min: 0, max: 1_000 }),
    8,
    "How many patterns to subscribe to on one node before they are folded into broader ones; each costs Redis 25 ns per event.",
  ),
} as const;
