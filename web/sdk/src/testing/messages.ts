import type {
  EventMessage,
  GapMessage,
  SnapshotEntry,
  SnapshotMessage,
  SubscribedMessage,
  WelcomeMessage,
} from "@keywire/shared";

export const CHANNEL = "prefix:order:";

export function welcome(changes: Partial<WelcomeMessage> = {}): WelcomeMessage {
  return {
    type: "welcome",
    protocol: 1,
    session: "s1",
    user: "alice",
    expires: 1_780_003_600_000,
    heartbeat: 25_000,
    limits: { subscriptions: 128, message: 65_536 },
    ...changes,
  };
}

export function subscribed(
  id: number | string | undefined,
  offset: number,
  changes: Partial<SubscribedMessage> = {},
): SubscribedMessage {
  return {
    type: "subscribed",
    ...(id !== undefined && { id }),
    channel: CHANNEL,
    epoch: "e1",
    offset,
    ...changes,
  };
}

export function event(offset: number, changes: Partial<EventMessage> = {}): EventMessage {
  return {
    type: "event",
    channel: CHANNEL,
    offset,
    event: "set",
    key: `order:${offset}`,
    db: 0,
    time: 1_780_000_000_000 + offset,
    ...changes,
  };
}

export function gap(offset: number, changes: Partial<GapMessage> = {}): GapMessage {
  return {
    type: "gap",
    channel: CHANNEL,
    offset,
    reason: "node_lost",
    from: 1_780_000_000_000,
    to: 1_780_000_003_000,
    ...changes,
  };
}

export function snapshot(offset: number, ...entries: SnapshotEntry[]): SnapshotMessage {
  return { type: "snapshot", channel: CHANNEL, offset, snapshot: entries };
}
