import { fieldsOf, list, number, text, textOrNull } from "../../admin/fields.js";

/** One primary that the gateway listens to. */
export interface NodeState {
  readonly id: string;
  readonly address: string;
  readonly state: string;
  /** How many hash slots it owns; 0 outside clusters. */
  readonly slots: number;
  /** Since when it is in this state, ms since the Unix epoch. */
  readonly since: number;
  /** Why it is not ready, one sentence. */
  readonly problem: string | null;
}

/** One Redis subscription that the gateway holds upstream. */
export interface FeedState {
  readonly channel: string;
  /** `subscribe` or `psubscribe` */
  readonly kind: string;
  /** Ids of the nodes that acknowledged it. */
  readonly nodes: readonly string[];
  /** Subscriptions of clients that it serves. */
  readonly refcount: number;
}

/** One channel that clients share. */
export interface ChannelState {
  readonly name: string;
  /** `live`, or `lingering` after its last session left, ... */
  readonly state: string;
  /** Event names that it is narrowed to; empty for all. */
  readonly events: readonly string[];
  /** Sessions on it. */
  readonly members: number;
  readonly offset: number;
}

/** One client. */
export interface SessionState {
  readonly id: string;
  /** null until it has shown a token. */
  readonly user: string | null;
  readonly transport: string;
  readonly address: string;
  /** ms since the Unix epoch. */
  readonly since: number;
  /** Names of its channels. */
  readonly subscriptions: readonly string[];
  /** Bytes that wait to be sent to it. */
  readonly outbox: number;
  /** Messages that it did not get because it reads too slowly. */
  readonly dropped: number;
}

export interface GatewayState {
  readonly nodes: readonly NodeState[];
  readonly feeds: readonly FeedState[];
  readonly channels: readonly ChannelState[];
  readonly sessions: readonly SessionState[];
}

/** @throws Error where it is no such answer at all */
export function readState(answer: unknown): GatewayState {
  const { nodes, feeds, channels, sessions } = fieldsOf(answer);
  if (!Array.isArray(nodes) || !Array.isArray(feeds)) {
    throw new Error("The gateway's answer is not the state of a gateway.");
  }
  return {
    nodes: nodes.map(readNode),
    feeds: feeds.map(readFeed),
    channels: list(channels).map(readChannel),
    sessions: list(sessions).map(readSession),
  };
}

function readNode(value: unknown): NodeState {
  const { id, address, state, slots, since, problem } = fieldsOf(value);
  return {
    id: text(id),
    address: text(address),
    state: text(state),
    slots: number(slots),
    since: number(since),
    problem: textOrNull(problem),
  };
}

function readFeed(value: unknown): FeedState {
  const { channel, kind, nodes, refcount } = fieldsOf(value);
  return {
    channel: text(channel),
    kind: text(kind),
    nodes: list(nodes).map(text),
    refcount: number(refcount),
  };
}

function readChannel(value: unknown): ChannelState {
  const { name, state, options, members, offset } = fieldsOf(value);
  return {
    name: text(name),
    state: text(state),
    events: list(fieldsOf(options)["events"]).map(text),
    members: number(members),
    offset: number(offset),
  };
}

function readSession(value: unknown): SessionState {
  const { id, user, transport, address, since, subscriptions, outbox, dropped } = fieldsOf(value);
  return {
    id: text(id),
    user: textOrNull(user),
    transport: text(transport),
    address: text(address),
    since: number(since),
    subscriptions: list(subscriptions).map(text),
    outbox: number(outbox),
    dropped: number(dropped),
  };
}
