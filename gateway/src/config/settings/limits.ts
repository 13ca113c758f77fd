import { integer, size } from "../kinds.js";
import { row } from "../row.js";
import { KIB, MIB, MILLION } from "./quantities.js";

/** How much clients may ask for. */
export const LIMITS = {
  maxSessions: row(
    "Limits",
    integer({ min: 1, max: MILLION }),
    20_000,
    "Sessions at a time, in all.",
  ),
  maxSessionsPerUser: row(
    "Limits",
    integer({ min: 1, max: MILLION }),
    100,
    "Sessions at a time of one user, by the claim `sub`.",
  ),
  maxSessionsPerAddress: row(
    "Limits",
    integer({ min: 1, max: MILLION }),
    1_000,
    "Sessions at a time from one address.",
  ),
  maxSubscriptions: row(
    "Limits",
    integer({ min: 1, max: 100_000 }),
    128,
    "Subscriptions of one session.",
  ),
  maxMessageBytes: row(
    "Limits",
    size({ min: KIB, max: 64 * MIB }),
    64 * KIB,
    "The size of one message from a client (1009).",
  ),
  messageRate: row(
    "Limits",
    integer({ min: 1, max: MILLION }, "messages per second"),
    50,
    "Messages that one session may send, per second, in the long run.",
  ),
  messageBurst: row(
    "Limits",
    integer({ min: 1, max: MILLION }),
    200,
    "Messages that one session may send at once; never fewer than all its subscriptions take.",
  ),
  upgradeRate: row(
    "Limits",
    integer({ min: 1, max: MILLION }, "connections per second"),
    2_000,
    "New connections per second, in all.",
  ),
} as const;
