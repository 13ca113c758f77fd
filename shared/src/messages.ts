import type { ErrorCode, GapReason } from "./codes.js";

/** The WebSocket subprotocol that names this version of the protocol. */
export const SUBPROTOCOL = "keywire.v1";
/** Prefix of the second subprotocol a browser may offer to carry its token. */
export const BEARER_SUBPROTOCOL = "bearer.";
export const PROTOCOL_VERSION = 1;

/** What narrows or widens a channel; two subscriptions with equal name and options share it. */
export interface ChannelOptions {
  /** Deliver only these event names; all where absent. */
  readonly events?: readonly string[];
  /** Deliver the key's value with each change. */
  readonly value?: boolean;
  /** How many existing keys to send on subscribing. */
  readonly snapshot?: number;
  /** Name the hash fields that changed, or only these. */
  readonly fields?: boolean | readonly string[];
}

/** A place in a channel: which life of the channel, and how many messages into it. */
export interface Cursor {
  readonly epoch: string;
  readonly offset: number;
}

// Client to gateway

export interface AuthMessage {
  readonly type: "auth";
  readonly token: string;
}

export interface SubscribeMessage extends ChannelOptions {
  readonly type: "subscribe";
  readonly id?: number | string;
  readonly channel: string;
  readonly since?: Cursor;
}

export interface UnsubscribeMessage {
  readonly type: "unsubscribe";
  readonly id?: number | string;
  readonly channel: string;
}

export interface PingMessage {
  readonly type: "ping";
}

export type ClientMessage = AuthMessage | SubscribeMessage | UnsubscribeMessage | PingMessage;

// Gateway to client

/**
 * A key's value, named by its type; over the value limit only its size is told. Where anything in it
 * is not UTF-8, `base64` stands in the place of `data`, in the same shape, and every string in it is
 * the base64 of its bytes. JSON that holds integers which a double cannot is told as its `text`.
 */
export type Value =
  | { readonly type: "string"; readonly data: string }
  | { readonly type: "string"; readonly base64: string }
  | { readonly type: "hash"; readonly data: Readonly<Record<string, string>> }
  | { readonly type: "hash"; readonly base64: Readonly<Record<string, string>> }
  | { readonly type: "list" | "set"; readonly data: readonly string[] }
  | { readonly type: "list" | "set"; readonly base64: readonly string[] }
  | { readonly type: "zset"; readonly data: readonly ScoredMember[] }
  | { readonly type: "zset"; readonly base64: readonly ScoredMember[] }
  | { readonly type: "stream"; readonly length: number; readonly last: string }
  | { readonly type: "json"; readonly data: unknown }
  | { readonly type: "json"; readonly text: string }
  | { readonly type: string; readonly truncated: true; readonly length: number };

/** A member of a sorted set and its score; JSON has no number for the infinite ones. */
export type ScoredMember = readonly [member: string, score: number | "inf" | "-inf"];

export interface SnapshotEntry {
  readonly key: string | null;
  readonly key_raw?: string;
  readonly value: Value | null;
  readonly ttl?: number;
}

export interface WelcomeMessage {
  readonly type: "welcome";
  readonly protocol: number;
  readonly session: string;
  readonly user: string;
  /** When the token expires, ms since the Unix epoch. */
  readonly expires: number;
  /** ms between the gateway's pings. */
  readonly heartbeat: number;
  readonly limits: { readonly subscriptions: number; readonly message: number };
}

export interface SubscribedMessage {
  readonly type: "subscribed";
  readonly id?: number | string;
  readonly channel: string;
  readonly epoch: string;
  /** The newest message the client is taken to have: the next one bears `offset + 1`. */
  readonly offset: number;
  readonly resumed?: boolean;
  readonly snapshot?: readonly SnapshotEntry[];
  readonly truncated?: boolean;
}

export interface EventMessage {
  readonly type: "event";
  readonly channel: string;
  readonly offset: number;
  readonly event: string;
  /** null where the key is not UTF-8: `key_raw` has it. */
  readonly key: string | null;
  /** base64 of the key's bytes. */
  readonly key_raw?: string;
  readonly db: number;
  /** When the gateway received the notification, ms since the Unix epoch. */
  readonly time: number;
  readonly fields?: readonly string[];
  /** null where the key does not exist; undefined where it was not asked for, or could not be read. */
  readonly value?: Value | null;
  readonly ttl?: number;
  readonly merged?: number;
  readonly origin?: string;
}

export interface GapMessage {
  readonly type: "gap";
  readonly channel: string;
  readonly offset: number;
  readonly reason: GapReason;
  /** Events between `from` and `to` (ms since the Unix epoch) may be missing. */
  readonly from: number;
  readonly to: number;
  /** How many messages this gap stands for, null where nobody knows; only in gaps of one client. */
  readonly missed?: number | null;
}

export interface SnapshotMessage {
  readonly type: "snapshot";
  readonly channel: string;
  readonly offset: number;
  readonly snapshot: readonly SnapshotEntry[];
  readonly truncated?: boolean;
}

export interface UnsubscribedMessage {
  readonly type: "unsubscribed";
  readonly id?: number | string;
  readonly channel: string;
  readonly code?: ErrorCode;
  readonly message?: string;
}

export interface ErrorMessage {
  readonly type: "error";
  readonly id?: number | string;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface ExpiringMessage {
  readonly type: "expiring";
  readonly at: number;
}

export interface GoodbyeMessage {
  readonly type: "goodbye";
  readonly reason: string;
  /** ms to wait before coming back, at least and at most. */
  readonly reconnect: { readonly min: number; readonly max: number };
}

export interface PongMessage {
  readonly type: "pong";
}

/** A message that has a place in a channel's sequence. */
export type SequencedMessage = EventMessage | GapMessage | SnapshotMessage;

export type GatewayMessage =
  | WelcomeMessage
  | SubscribedMessage
  | SequencedMessage
  | UnsubscribedMessage
  | ErrorMessage
  | ExpiringMessage
  | GoodbyeMessage
  | PongMessage;
