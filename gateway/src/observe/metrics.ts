import type { ErrorCode, GapReason } from "@keywire/shared";
import {
  collectDefaultMetrics,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from "prom-client";
import { counted, LabelledCounter, probed, Tally, Timing, type Together } from "./instruments.js";

/** Upper bounds in seconds: loopback at the low end, a stalled event loop at the high one. */
const DELAY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const SESSION_BUCKETS = [1, 10, 60, 600, 3_600, 21_600, 86_400];

/**
 * ms between two looks at the event loop's lag, which its figures include. prom-client's own 10 makes up
 * half of what an idle gateway does.
 */
const LAG_INTERVAL = 100;

/** Libraries that metrics tell apart: a label of more values costs whoever keeps them. */
export const MOST_LIBRARIES = 100;

export type TransportName = "websocket" | "sse";

/** Limits that somebody can run into. */
export type LimitName =
  | "sessions"
  | "sessions_per_user"
  | "sessions_per_address"
  | "subscriptions"
  | "message_bytes"
  | "message_rate"
  | "upgrade_rate"
  | "auth_timeout";

/** The gateway's present state, read when metrics are asked for. */
export interface StateProbe {
  ready(): boolean;
  /** By transport. */
  sessions(): Readonly<Record<string, number>>;
  /** Of all sessions together. */
  subscriptions(): number;
  channels(): number;
  /** By kind, `subscribe` and `psubscribe`. */
  feeds(): Readonly<Record<string, number>>;
  nodes(): readonly { readonly address: string; readonly state: string; readonly slots: number }[];
  /** Bytes that wait for slow clients, of all sessions together. */
  outboxBytes(): number;
  /** Trigger libraries on this gateway. */
  libraries(): readonly {
    readonly name: string;
    readonly isBroken: boolean;
    readonly pending: number;
  }[];
}

/** How one kind of work is shared just now, read when metrics are asked for. */
export interface LeaseProbe {
  readonly name: string;
  readonly parts: readonly number[];
  readonly backlog: { readonly entries: number; readonly bytes: number; readonly underWay: number };
}

/** The AMQP forwarder just now, read when metrics are asked for. */
export interface AmqpProbe {
  readonly connection: { readonly state: string };
  readonly counts: {
    readonly published: number;
    readonly confirmed: number;
    readonly repeated: number;
    readonly stored: number;
    readonly drained: number;
    readonly returned: number;
    readonly refused: number;
  };
  readonly fallback: { readonly length: number | undefined };
  readonly memory: { readonly events: number; readonly bytes: number };
  readonly inFlight: number;
  readonly lost: {
    readonly events: Readonly<Record<string, number>>;
    readonly stretches: Readonly<Record<string, number>>;
  };
}

/** Metrics with their values, fit to be sent to another process. */
export type Figures = MetricObjectWithValues<MetricValue<string>>[];

/** Everything the gateway counts, as Prometheus reads it. */
export class Metrics {
  readonly #registry = new Registry();

  /** Notifications from Redis. */
  readonly eventsReceived = this.#tally(
    "events_received_total",
    "Keyspace notifications received from Redis nodes",
  );
  /** Messages with a place in a channel, counted once per session. */
  readonly eventsDelivered = this.#tally(
    "events_delivered_total",
    "Event messages handed to sessions, counted once per session",
  );
  readonly messagesDropped = this.#tally(
    "messages_dropped_total",
    "Messages dropped from the outboxes of slow clients; each such client was told of a gap",
  );
  readonly bytesSent = this.#tally("bytes_sent_total", "Bytes of messages written to clients");
  readonly messagesReceived = this.#tally(
    "messages_received_total",
    "Messages received from clients",
  );

  readonly gaps = this.#counter<GapReason>(
    "gaps_total",
    "Stretches of time in which a channel may have missed events, by reason",
    "reason",
  );
  readonly refusals = this.#counter<ErrorCode>(
    "refusals_total",
    "Requests that were refused, by error code",
    "code",
  );
  readonly limitsHit = this.#counter<LimitName>(
    "limits_hit_total",
    "Times somebody ran into a limit, by limit",
    "limit",
  );
  readonly sessionsOpened = this.#counter<TransportName>(
    "sessions_opened_total",
    "Sessions opened, by transport",
    "transport",
  );
  /** By close code. */
  readonly sessionsClosed = this.#counter<string>(
    "sessions_closed_total",
    "Sessions closed, by WebSocket close code",
    "code",
  );
  readonly nodeLinksLost = this.#counter<string>(
    "node_links_lost_total",
    "Times the subscriber connection to a Redis node was lost, by node",
    "node",
  );

  readonly workMissed = this.#counter<"source" | "unattended">(
    "work_gaps_total",
    "Stretches of time in which triggers or sinks may have missed events, by reason",
    "reason",
  );
  /** By kind of work. */
  readonly workDropped = this.#counter<string>(
    "work_dropped_total",
    "Events dropped from a full backlog before a worker was given them, by kind of work",
    "work",
  );
  readonly workRepeated = this.#counter<string>(
    "work_repeated_total",
    "Events given to a worker that a gateway which ended may have been done with, by kind of work",
    "work",
  );
  readonly leasesLapsed = this.#counter<string>(
    "leases_lapsed_total",
    "Times this gateway's leases ran out before they could be renewed, by kind of work",
    "work",
  );

  /** ms from the notification's arrival until its messages were written. */
  readonly deliveryDelay = this.#timing(
    "delivery_delay_seconds",
    "Time from a notification's arrival until its messages were written",
    DELAY_BUCKETS,
  );
  /** ms until Redis acknowledged a subscription. */
  readonly subscribeDelay = this.#timing(
    "subscribe_delay_seconds",
    "Time until Redis acknowledged a subscription",
    DELAY_BUCKETS,
  );
  /** ms from a session's opening to its close. */
  readonly sessionDuration = this.#timing(
    "session_duration_seconds",
    "How long sessions lasted",
    SESSION_BUCKETS,
  );

  /** Callbacks of triggers that ended well, by library. */
  readonly triggersSucceeded = this.#counter<string>(
    "trigger_callbacks_succeeded_total",
    "Callbacks of triggers and records of streams that ended well, by library",
    "library",
  );
  readonly triggersFailed = this.#counter<string>(
    "trigger_callbacks_failed_total",
    "Callbacks of triggers and records of streams that failed, by library",
    "library",
  );
  readonly triggerEventsMissed = this.#counter<string>(
    "trigger_events_missed_total",
    "Events that triggers never saw, by reason; a stretch of time of which nobody knows the number counts as one",
    "reason",
  );
  readonly sandboxesReplaced = this.#counter<string>(
    "sandboxes_replaced_total",
    "Sandboxes of libraries that were ended and loaded again, by reason",
    "reason",
  );
  readonly libraryLinesDropped = this.#tally(
    "library_log_lines_dropped_total",
    "Lines that libraries logged beyond what is told",
  );
  /** ms from an event's arrival until its callback had ended. */
  readonly triggerTime = this.#timing(
    "trigger_seconds",
    "Time from an event's arrival until a trigger's callback had ended",
    DELAY_BUCKETS,
  );

  constructor() {
    // The process' own figures: CPU, memory, garbage collection, event loop lag.
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: LAG_INTERVAL });
    this.#gauge("workers", "Gateways that serve this port together", () => 1);
  }

  /** Publishes the gateway's present state along with the counts; to be called once. */
  probe(state: StateProbe): void {
    const nodes = (figure: (node: ReturnType<StateProbe["nodes"]>[number]) => number) => () =>
      Object.fromEntries(state.nodes().map((node) => [node.address, figure(node)]));
    this.#gauge("ready", "1 where the gateway is ready to serve", () => Number(state.ready()), {
      together: "min",
    });
    this.#gauge("sessions", "Open sessions, by transport", () => state.sessions(), {
      label: "transport",
    });
    this.#gauge("subscriptions", "Subscriptions of all sessions", () => state.subscriptions());
    this.#gauge("channels", "Channels that are kept, lingering ones included", () =>
      state.channels(),
    );
    this.#gauge("feeds", "Subscriptions held on Redis, by command", () => state.feeds(), {
      label: "kind",
    });
    this.#gauge(
      "node_link_up",
      "1 where the subscriber connection to a Redis node is ready",
      nodes(({ state: link }) => Number(link === "ready")),
      { label: "node", together: "min" },
    );
    this.#gauge(
      "node_slots",
      "Hash slots of a Redis node",
      nodes(({ slots }) => slots),
      { label: "node", together: "first" },
    );
    this.#gauge("outbox_bytes", "Bytes that wait for slow clients", () => state.outboxBytes());
    this.#gauge(
      "libraries",
      "Trigger libraries, by whether they run, counted once per worker",
      () => {
        const broken = state.libraries().filter(({ isBroken }) => isBroken).length;
        return { runs: state.libraries().length - broken, broken };
      },
      { label: "state" },
    );
    this.#gauge(
      "trigger_queue",
      "Events that wait or are under way, by library",
      () => {
        const told = state.libraries().slice(0, MOST_LIBRARIES);
        return Object.fromEntries(told.map(({ name, pending }) => [name, pending]));
      },
      { label: "library" },
    );
  }

  /** Publishes how work is shared along with the counts; to be called once. */
  probeLeases(read: () => readonly LeaseProbe[]): void {
    const figures = (figure: (group: LeaseProbe) => number) => () =>
      Object.fromEntries(read().map((group) => [group.name, figure(group)]));
    const gauge = (name: string, help: string, figure: (group: LeaseProbe) => number) =>
      this.#gauge(name, `${help}, by kind of work`, figures(figure), { label: "work" });
    gauge("lease_parts", "Parts of the keyspace that this gateway holds", ({ parts }) => {
      return parts.length;
    });
    gauge("work_backlog_events", "Events kept that are not known to be done", ({ backlog }) => {
      return backlog.entries;
    });
    gauge("work_backlog_bytes", "Bytes of events kept", ({ backlog }) => backlog.bytes);
    gauge("work_under_way", "Events a worker was given and is not done with", ({ backlog }) => {
      return backlog.underWay;
    });
  }

  /** Publishes what the AMQP forwarder does along with the counts; to be called once. */
  probeAmqp(read: () => AmqpProbe): void {
    const up = () => Number(read().connection.state === "connected");
    this.#gauge("amqp_connected", "Gateways that the broker takes messages from", up);
    this.#gauge(
      "amqp_fallback_events",
      "Events of all gateways that wait in the fallback in Redis",
      () => read().fallback.length ?? 0,
      { together: "first" },
    );
    const { memory, inFlight } = { memory: () => read().memory, inFlight: () => read().inFlight };
    this.#gauge("amqp_memory_events", "Events that wait in memory", () => memory().events);
    this.#gauge("amqp_memory_bytes", "Bytes of them, roughly", () => memory().bytes);
    this.#gauge("amqp_in_flight", "Messages that the broker has not confirmed yet", inFlight);
    this.#count(
      "amqp_messages_total",
      "Messages by what became of them: published is each one handed to the broker",
      () => ({ ...read().counts }),
      "outcome",
    );
    const lost = () => read().lost;
    this.#count(
      "amqp_lost_events_total",
      "Events that were not forwarded, by reason, where their number is known",
      () => lost().events,
      "reason",
    );
    this.#count(
      "amqp_lost_stretches_total",
      "Stretches of time of which events were not forwarded, or may not have been, by reason",
      () => lost().stretches,
      "reason",
    );
  }

  /** Publishes the configured limits, so that alerts can compare usage with them. */
  limits(limits: Readonly<Record<string, number>>): void {
    const help = "Configured limits, of each worker";
    this.#gauge("limit", help, () => limits, { label: "limit", together: "first" });
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

  #tally(name: string, help: string): Tally {
    return new Tally(this.#registry, `keywire_${name}`, help);
  }

  #counter<Value extends string>(
    name: string,
    help: string,
    label: string,
  ): LabelledCounter<Value> {
    return new LabelledCounter(this.#registry, `keywire_${name}`, help, label);
  }

  #timing(name: string, help: string, buckets: readonly number[]): Timing {
    return new Timing(this.#registry, `keywire_${name}`, help, buckets);
  }

  #count(
    name: string,
    help: string,
    read: () => Readonly<Record<string, number>>,
    label: string,
  ): void {
    counted(this.#registry, `keywire_${name}`, help, read, label);
  }

  #gauge(
    name: string,
    help: string,
    read: () => number | Readonly<Record<string, number>>,
    options: { readonly label?: string; readonly together?: Together } = {},
  ): void {
    probed(this.#registry, `keywire_${name}`, help, read, options);
  }
}
