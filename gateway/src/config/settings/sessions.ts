import { choice, duration, size } from "../kinds.js";
import { row } from "../row.js";
import { GIB, HOUR, KIB, MIB, SECOND } from "./quantities.js";

/** How long a client may take, and how much may wait for it. */
export const SESSIONS = {
  heartbeat: row(
    "Sessions",
    duration({ min: SECOND, max: HOUR }),
    25 * SECOND,
    "How often the gateway pings each WebSocket.",
  ),
  heartbeatTimeout: row(
    "Sessions",
    duration({ min: 100, max: HOUR }),
    10 * SECOND,
    "How long an answer may take before the connection is closed (4408).",
  ),
  authTimeout: row(
    "Sessions",
    duration({ min: 100, max: HOUR }),
    10 * SECOND,
    "How long a connection may take to bring a token (4401).",
  ),
  outboxBytes: row(
    "Sessions",
    size({ min: KIB, max: GIB }),
    MIB,
    "How many bytes may wait for one slow client.",
  ),
  slowConsumer: row(
    "Sessions",
    choice("gap", "disconnect"),
    "gap",
    "What happens when more would have to wait: `gap` drops what waits and tells the client so, `disconnect` closes (4413).",
  ),
} as const;
