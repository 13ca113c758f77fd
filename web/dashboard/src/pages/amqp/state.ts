import { fieldsOf, list, number, text } from "../../admin/fields.js";

/** The forwarder on one gateway. */
export interface SinkState {
  readonly gateway: string;
  /** `connected`, `blocked`, `waiting`, ... */
  readonly state: string;
  /** Since when, ms since the Unix epoch. */
  readonly since: number;
  /** Why it is not connected. */
  readonly reason: string | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly inFlight: number;
  /** Events that wait in its memory. */
  readonly memory: number;
  /** Entries of the fallback, which all gateways share; null where Redis has not told yet. */
  readonly fallback: number | null;
  readonly isRedisAway: boolean;
  readonly losses: readonly LossState[];
  /** Events lost, where their number is known. */
  readonly lost: number;
}

/** A stretch of time of which events were not forwarded, or may not have been. */
export interface LossState {
  readonly reason: string;
  /** null where nobody knows. */
  readonly count: number | null;
  /** ms since the Unix epoch. */
  readonly from: number;
  readonly to: number;
}

export interface AmqpState {
  readonly isOff: boolean;
  /** What was asked for by hand: `connected` or `disconnected`. */
  readonly wish: string;
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Settings that were changed at run time. */
  readonly changed: readonly string[];
  readonly sinks: readonly SinkState[];
}

/**
 * Reads the gateway's answer; what a later gateway adds is ignored, what it leaves out is empty.
 *
 * @throws Error where it is no such answer at all
 */
export function readAmqp(answer: unknown): AmqpState {
  const { state, wish, configuration, changed, gateways } = fieldsOf(answer);
  const isOff = state === "off";
  if (!isOff && !Array.isArray(gateways)) {
    throw new Error("The gateway's answer is not the state of its AMQP forwarder.");
  }
  return {
    isOff,
    wish: text(wish),
    configuration: fieldsOf(configuration),
    changed: list(changed).map(text),
    sinks: list(gateways).map(readSink),
  };
}

function readSink(value: unknown): SinkState {
  const { gateway, connection, counts, inFlight, memory, fallback, lost } = fieldsOf(value);
  const { state, since, reason } = fieldsOf(connection);
  const { length, awaySince } = fieldsOf(fallback);
  const { events, recent } = fieldsOf(lost);
  return {
    gateway: text(gateway),
    state: text(state),
    since: number(since),
    reason: typeof reason === "string" ? reason : null,
    counts: numbers(counts),
    inFlight: number(inFlight),
    memory: number(fieldsOf(memory)["events"]),
    fallback: typeof length === "number" ? length : null,
    isRedisAway: typeof awaySince === "number",
    losses: list(recent).map(readLoss).reverse(),
    lost: Object.values(numbers(events)).reduce((sum, one) => sum + one, 0),
  };
}

function readLoss(value: unknown): LossState {
  const { reason, count, from, to } = fieldsOf(value);
  return {
    reason: text(reason),
    count: typeof count === "number" ? count : null,
    from: number(from),
    to: number(to),
  };
}

function numbers(value: unknown): Record<string, number> {
  const all = Object.entries(fieldsOf(value));
  return Object.fromEntries(all.map(([name, one]) => [name, number(one)]));
}
