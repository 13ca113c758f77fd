import { checkOrigin } from "../checks.js";
import { checked, choice, duration, flag, integer, list, optional, text } from "../kinds.js";
import { row } from "../row.js";
import { HOUR, SECOND } from "./quantities.js";

/** Where the gateway listens, and how it runs there. */
export const SERVER = {
  host: row(
    "Server",
    text("a host name or address", /^[^\s/]+$/),
    "127.0.0.1",
    "The address to listen on; `0.0.0.0` or `::` for all of them.",
  ),
  port: row(
    "Server",
    integer({ min: 0, max: 65_535 }, "a port"),
    8_080,
    "The port to listen on; 0 picks a free one.",
  ),
  logLevel: row(
    "Server",
    choice("fatal", "error", "warn", "info", "debug", "trace", "silent"),
    "info",
    "The least important log lines to write. They are JSON, one per line, on stdout.",
  ),
  workers: row(
    "Server",
    integer({ min: 1, max: 256 }, "gateways"),
    1,
    "How many whole gateways `keywire start` runs on the port, a process each: as many as there are cores to spare. They share nothing but the port, so limits are those of each.",
  ),
  drainTimeout: row(
    "Server",
    duration({ min: 0, max: HOUR }),
    30 * SECOND,
    "How long sessions may take to leave after SIGTERM before they are cut off.",
  ),
  trustProxy: row(
    "Server",
    flag(),
    false,
    "Take the client's address from `X-Forwarded-For`. Only behind a proxy that sets it: clients can forge it otherwise.",
  ),
  allowedOrigins: row(
    "Server",
    optional(
      list(
        "origins, comma separated, as in https://app.example,http://localhost:5173",
        checked(text("an origin"), checkOrigin),
      ),
    ),
    undefined,
    "The origins whose pages may connect. Programs that send no `Origin` header are not concerned.",
    { fallbackDoc: "the gateway's own" },
  ),
} as const;
