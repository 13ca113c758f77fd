import type { ErrorCode, GapReason } from "@keywire/shared";
import {
  collectDefaultMetrics,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from "prom-client";
import { type AmqpProbe, probeAmqp } from "./amqp-probe.js";
import { Instruments } from "./instruments.js";
import { type LeaseProbe, probeLeases } from "./lease-probe.js";
import { probeState, type StateProbe } from "./state-probe.js";
import { probeValues, type ValueProbe } from "./value-probe.js";

/** Upper bounds in seconds: loopback at the low end, a stalled event loop at the high one. */
const DELAY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const SESSION_BUCKETS = [1, 10, 60, 600, 3_600, 21_600, 86_400];

/**
 * ms between two looks at the event loop's lag, which its figures include. prom-client's own 10 makes up
 * half of what an idle gateway does.
 */
const LAG_INTERVAL = 100;

export type TransportName = "websocket" | "sse";

const LIMITS = [
  ...(["sessions", "sessions_per_user", "sessions_per_address", "subscriptions"] as const),
  ...(["message_bytes", "message_rate", "upgrade_rate", "auth_timeout"] as const),
] as const;

/** Those of whole channels; what a single client missed is told to that one alone. */
const GAP_REASONS: readonly GapReason[] = [
  ...(["node_lost", "failover", "slot_moved", "resubscribed", "flushed"] as const),
];

/** Limits that somebody can run into. */
export type LimitName = (typeof LIMITS)[number];

/** Metrics with their values, fit to be sent to another process. */
export type Figures = MetricObjectWithValues<MetricValue<string>>[];

/** Everything the gateway counts, as Prometheus reads it. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #instruments = new Instruments(this.#registry);

  /** Notifications from Redis. */
  readonly eventsReceived = this.#instruments.tally(
    "events_received_total",
    "Keyspace notifications received from Redis nodes",
  );
  /** Messages with a place in a channel, counted once per session. */
  readonly eventsDelivered = this.#instruments.tally(
    "events_delivered_total",
    "Event messages handed to sessions, counted once per session",
  );
  readonly messagesDropped = this.#instruments.tally(
    "messages_dropped_total",
    "Messages dropped from the outboxes of slow clients; each such client was told of a gap",
  );
  readonly historyShed = this.#instruments.tally(
    "history_shed_total",
    "Messages that were forgotten before their time, as the histories of all channels took too much memory",
  );
  readonly bytesSent = this.#instruments.tally(
    "bytes_sent_total",
    "Bytes of messages written to clients",
  );
  readonly messagesReceived = this.#instruments.tally(
    "messages_received_total",
    "Messages received from clients",
  );

  readonly gaps = this.#instruments.counter<GapReason>(
    "gaps_total",
    "Stretches of time in which a channel may have missed events, by reason",
    "reason",
    GAP_REASONS,
  );
  readonly refusals = this.#instruments.counter<ErrorCode>(
    "refusals_total",
    "Requests that were refused, by error code",
    "code",
  );
  readonly limitsHit = this.#instruments.counter<LimitName>(
    "limits_hit_total",
    "Times somebody ran into a limit, by limit",
    "limit",
    LIMITS,
  );
  readonly sessionsOpened = this.#instruments.counter<TransportName>(
    "sessions_opened_total",
    "Sessions opened, by transport",
    "transport",
    ["websocket", "sse"],
  );
  /** By close code. */
  readonly sessionsClosed = this.#instruments.counter<string>(
    "sessions_closed_total",
    "Sessions closed, by WebSocket close code",
    "code",
  );
  readonly nodeLinksLost = this.#instruments.counter<string>(
    "node_links_lost_total",
    "Times the subscriber connection to a Redis node was lost, by node",
    "node",
  );

  readonly workMissed = this.#instruments.counter<"source" | "unattended">(
    "work_gaps_total",
    "Stretches of time in which triggers or sinks may have missed events, by reason",
    "reason",
    ["source", "unattended"],
  );
  /** By kind of work. */
  readonly workDropped = this.#instruments.counter<string>(
    "work_dropped_total",
    "Events dropped from a full backlog before a worker was given them, by kind of work",
    "work",
  );
  readonly workRepeated = this.#instruments.counter<string>(
    "work_repeated_total",
    "Events given to a worker that a gateway which ended may have been done with, by kind of work",
    "work",
  );
  readonly leasesLapsed = this.#instruments.counter<string>(
    "leases_lapsed_total",
    "Times this gateway's leases ran out before they could be renewed, by kind of work",
    "work",
  );

  /** ms from the notification's arrival until its messages were written. */
  readonly deliveryDelay = this.#instruments.timing(
    "delivery_delay_seconds",
    "Time from a notification's arrival until its messages were written",
    DELAY_BUCKETS,
  );
  /** ms until Redis acknowledged a subscription. */
  readonly subscribeDelay = this.#instruments.timing(
    "subscribe_delay_seconds",
    "Time until Redis acknowledged a subscription",
    DELAY_BUCKETS,
  );
  /** ms from a session's opening to its close. */
  readonly sessionDuration = this.#instruments.timing(
    "session_duration_seconds",
    "How long sessions lasted",
    SESSION_BUCKETS,
  );

  /** Callbacks of triggers that ended well, by library. */
  readonly triggersSucceeded = this.#instruments.counter<string>(
    "trigger_callbacks_succeeded_total",
    "Callbacks of triggers and records of streams that ended well, by library",
    "library",
  );
  readonly triggersFailed = this.#instruments.counter<string>(
    "trigger_callbacks_failed_total",
    "Callbacks of triggers and records of streams that failed, by library",
    "library",
  );
  readonly triggerEventsMissed = this.#instruments.counter<string>(
    "trigger_events_missed_total",
    "Events that triggers never saw, by reason; a stretch of time of which nobody knows the number counts as one",
    "reason",
    ["source", "unattended", "overflow", "queue", "broken"],
  );
  readonly sandboxesReplaced = this.#instruments.counter<string>(
    "sandboxes_replaced_total",
    "Sandboxes of libraries that were ended and loaded again, by reason",
    "reason",
    ["time", "memory", "crash"],
  );
  readonly libraryLinesDropped = this.#instruments.tally(
    "library_log_lines_dropped_total",
    "Lines that libraries logged beyond what is told",
  );
  /** ms from an event's arrival until its callback had ended. */
  readonly triggerTime = this.#instruments.timing(
    "trigger_seconds",
    "Time from an event's arrival until a trigger's callback had ended",
    DELAY_BUCKETS,
  );

  constructor() {
    // The process' own figures: CPU, memory, garbage collection, event loop lag.
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: LAG_INTERVAL });
    worstOfAll(this.#registry, /^nodejs_eventloop_lag_(?!min)/);
    this.#instruments.gauge("workers", "Gateways that serve this port together", () => 1);
  }

  /** Publishes the gateway's present state along with the counts; to be called once. */
  probe(state: StateProbe): void {
    probeState(this.#instruments, state);
  }

  /** Publishes how work is shared along with the counts; to be called once. */
  probeLeases(read: () => readonly LeaseProbe[]): void {
    probeLeases(this.#instruments, read);
  }

  /** Publishes what the AMQP forwarder does along with the counts; to be called once. */
  probeAmqp(read: () => AmqpProbe): void {
    probeAmqp(this.#instruments, read);
  }

  /** Publishes what is read of values along with the counts; to be called once. */
  probeValues(probe: () => ValueProbe): void {
    probeValues(this.#instruments, probe);
  }

  /** Publishes the configured limits, so that alerts can compare usage with them. */
  limits(limits: Readonly<Record<string, number>>): void {
    const help = "Configured limits, of each worker";
    this.#instruments.gauge("limit", help, () => limits, { label: "limit", together: "first" });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics as one process hands them to another: see `MetricsOfAll`. */
  figures(): Promise<Figures> {
    return this.#registry.getMetricsAsJSON();
  }

  /** All metrics in Prometheus' text format. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }
}

/** Several workers' mean would hide the one that is short of CPU behind those that are not. */
function worstOfAll(registry: Registry, names: RegExp): void {
  for (const metric of registry.getMetricsAsArray()) {
    if (names.test(metric.name)) metric.aggregator = "max";
  }
}
