import type { Config } from "../config.js";
import type { ChannelStatus } from "../hub/index.js";
import { type FeedStatus, interestId } from "../keyspace/index.js";
import { type Metrics, MOST_LIBRARIES } from "../observe/index.js";
import type { Core } from "./core.js";

/** What the gateway holds, as the admin API shows it. */
export function stateOf({ keyspace, hub, registry, leases }: Core): unknown {
  const channels = hub.channels();
  return {
    nodes: keyspace.nodes(),
    feeds: refcounted(keyspace.feeds(), channels),
    channels: channels.map(({ interest: _, ...channel }) => channel),
    sessions: registry.status(),
    sinks: [],
    leases: leases.status(),
  };
}

/** Feeds with the number of client subscriptions each one serves. */
function refcounted(feeds: readonly FeedStatus[], channels: readonly ChannelStatus[]): unknown[] {
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
    sessions: () => countBy(registry.status(), ({ transport }) => transport),
    subscriptions: () => sum(registry.status(), ({ subscriptions }) => subscriptions.length),
    channels: () => hub.size,
    feeds: () => countBy(keyspace.feeds(), ({ kind }) => kind),
    nodes: () => keyspace.nodes(),
    libraries: () => triggers.status().slice(0, MOST_LIBRARIES),
    outboxBytes: () => sum(registry.status(), ({ outbox }) => outbox),
  });
  metrics.probeLeases(() => core.leases.status());
  metrics.limits({
    sessions: config.maxSessions,
    sessions_per_user: config.maxSessionsPerUser,
    sessions_per_address: config.maxSessionsPerAddress,
    subscriptions: config.maxSubscriptions,
    message_bytes: config.maxMessageBytes,
    message_rate: config.messageRate,
    upgrade_rate: config.upgradeRate,
  });
}

function countBy<T>(items: readonly T[], label: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[label(item)] = (counts[label(item)] ?? 0) + 1;
  return counts;
}
