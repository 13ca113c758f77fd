import type { Config } from "../config.js";
import type { ChannelStatus } from "../hub/index.js";
import { type FeedStatus, interestId, type NodeStatus } from "../keyspace/index.js";
import type { LeaseStatus } from "../lease/index.js";
import type { Metrics } from "../observe/index.js";
import type { SessionStatus } from "../session/index.js";
import type { SinkStatus } from "./amqp.js";
import type { Core } from "./core.js";

type Feed = Omit<FeedStatus, "interests"> & { readonly refcount: number };

/** What a gateway holds, as the admin API shows it. */
export interface State {
  readonly nodes: readonly NodeStatus[];
  readonly feeds: readonly Feed[];
  readonly channels: readonly Omit<ChannelStatus, "interest">[];
  readonly sessions: readonly SessionStatus[];
  readonly sinks: readonly SinkStatus[];
  readonly leases: readonly LeaseStatus[];
}

export function stateOf({ keyspace, hub, registry, leases, amqp }: Core): State {
  const channels = hub.channels();
  return {
    nodes: keyspace.nodes(),
    feeds: refcounted(keyspace.feeds(), channels),
    channels: channels.map(({ interest: _, ...channel }) => channel),
    sessions: registry.status(),
    sinks: amqp === undefined ? [] : [amqp.status()],
    leases: leases.status(),
  };
}

/** From worst to best. */
const NODE_STATES: readonly NodeStatus["state"][] = ["down", "connecting", "ready"];

/**
 * The states of several gateways as one: a node is as ready as to whom it is the least, a feed's
 * subscriptions add up. Channels, sessions and shares of
 * the work are each one gateway's own.
 */
export function mergeStates(states: readonly State[]): State {
  const nodes = new Map<string, NodeStatus>();
  const feeds = new Map<string, Feed>();
  const rank = ({ state }: NodeStatus) => NODE_STATES.indexOf(state);
  for (const node of states.flatMap((state) => state.nodes)) {
    const known = nodes.get(node.id);
    if (known === undefined || rank(node) < rank(known)) nodes.set(node.id, node);
  }
  for (const feed of states.flatMap((state) => state.feeds)) {
    const id = `${feed.kind} ${feed.channel}`;
    const refcount = (feeds.get(id)?.refcount ?? 0) + feed.refcount;
    feeds.set(id, { ...feed, refcount });
  }
  return {
    nodes: [...nodes.values()],
    feeds: [...feeds.values()],
    channels: states.flatMap(({ channels }) => channels),
    sessions: states.flatMap(({ sessions }) => sessions),
    sinks: states.flatMap(({ sinks }) => sinks),
    leases: states.flatMap(({ leases }) => leases),
  };
}

/** Feeds with the number of client subscriptions each one serves. */
function refcounted(feeds: readonly FeedStatus[], channels: readonly ChannelStatus[]): Feed[] {
  const members = new Map<string, number>();
  for (const channel of channels) {
    const id = interestId(channel.interest);
    members.set(id, (members.get(id) ?? 0) + channel.members);
  }
  return feeds.map(({ channel, kind, nodes, interests }) => ({
    channel,
    kind,
    nodes,
    refcount: interests.reduce(
      (sum, interest) => sum + (members.get(interestId(interest)) ?? 0),
      0,
    ),
  }));
}

/** Publishes the present state and the configured limits as metrics. */
export function probe(core: Core, config: Config, metrics: Metrics, isReady: () => boolean): void {
  const { keyspace, hub, registry, triggers } = core;
  const sum = <T>(items: readonly T[], figure: (item: T) => number) =>
    items.reduce((total, item) => total + figure(item), 0);
  metrics.probe({
    ready: isReady,
    sessions: () => ({
      ...{ websocket: 0, sse: 0 },
      ...countBy(registry.status(), ({ transport }) => transport),
    }),
    subscriptions: () => sum(registry.status(), ({ subscriptions }) => subscriptions.length),
    channels: () => hub.size,
    historyBytes: () => hub.historyBytes,
    feeds: () => ({
      ...{ subscribe: 0, psubscribe: 0 },
      ...countBy(keyspace.feeds(), ({ kind }) => kind),
    }),
    nodes: () => keyspace.nodes(),
    libraries: () => triggers.status(),
    outboxBytes: () => sum(registry.status(), ({ outbox }) => outbox),
  });
  const { amqp } = core;
  if (amqp !== undefined) metrics.probeAmqp(() => amqp.status());
  metrics.probeLeases(() => core.leases.status());
  const { values, promptExpiry } = core.reading;
  metrics.probeValues(() => ({ values: values.status(), expiry: promptExpiry.status() }));
  metrics.limits({
    sessions: config.maxSessions,
    sessions_per_user: config.maxSessionsPerUser,
    sessions_per_address: config.maxSessionsPerAddress,
    subscriptions: config.maxSubscriptions,
    message_bytes: config.maxMessageBytes,
    message_rate: config.messageRate,
    upgrade_rate: config.upgradeRate,
    history_memory: config.historyMemory,
  });
}

function countBy<T>(items: readonly T[], label: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[label(item)] = (counts[label(item)] ?? 0) + 1;
  return counts;
}
