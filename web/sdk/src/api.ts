import type {
  ChannelOptions,
  Clock,
  EventMessage,
  GapMessage,
  GoodbyeMessage,
  SequencedMessage,
  SnapshotMessage,
  WelcomeMessage,
} from "@keywire/shared";
import type { KeywireError } from "./errors.js";

/**
 * The connection:
 *
 * - `idle`: not begun, or nothing to stream (SSE without a subscription)
 * - `connecting`: asking for a token, opening, waiting for the gateway's welcome
 * - `open`: subscriptions are served
 * - `waiting`: lost, and to be tried again in a while
 * - `closed`: by the application
 * - `failed`: the gateway refused in a way that trying again does not mend
 */
export type ConnectionState = "idle" | "connecting" | "open" | "waiting" | "closed" | "failed";

/**
 * A subscription:
 *
 * - `pending`: not confirmed by the gateway on the present connection
 * - `live`: confirmed, changes arrive
 * - `refused`: the gateway refused it, or ended it because a grant went
 * - `closed`: by the application, or together with the connection
 */
export type SubscriptionState = "pending" | "live" | "refused" | "closed";

/** A change of state, with the reason where the new state has one. */
export interface StateChange<State> {
  readonly state: State;
  readonly previous: State;
  /** A sentence; empty where the state speaks for itself. */
  readonly reason: string;
}

export interface SubscriptionEvents {
  /** A key changed. */
  event: EventMessage;
  /** Between `from` and `to` changes may be missing. */
  gap: GapMessage;
  /** The keys that exist, with their values: replaces all that is known of the channel. */
  snapshot: SnapshotMessage;
  state: StateChange<SubscriptionState>;
  error: KeywireError;
}

/** One channel, subscribed to for as long as the application wants it, over any reconnects. */
export interface Subscription extends AsyncIterable<SequencedMessage> {
  readonly channel: string;
  readonly state: SubscriptionState;
  /** @returns how to stop listening */
  on<Name extends keyof SubscriptionEvents>(
    name: Name,
    listener: (detail: SubscriptionEvents[Name]) => void,
  ): () => void;
  /**
   * Events, gaps and snapshots from now on, until the subscription closes.
   *
   * A loop that falls behind by more than the option `buffer` finds one gap (`slow_consumer`) in
   * the place of what it did not take, and a new snapshot where the channel has snapshots.
   *
   * @throws KeywireError out of the loop, when the subscription is refused or the connection fails
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<SequencedMessage>;
  /** Ends this subscription and its loops; the last one of a channel leaves the channel. */
  close(): void;
}

export interface WireEvents {
  state: StateChange<ConnectionState>;
  /** Also the errors of subscriptions whose own `error` nobody listens to. */
  error: KeywireError;
  /** The gateway accepted the token, a replaced one too. */
  welcome: WelcomeMessage;
  /** The gateway is about to close the connection; the client comes back by itself. */
  goodbye: GoodbyeMessage;
}

/** A connection to a gateway that restores itself, and its subscriptions with it. */
export interface Wire {
  readonly state: ConnectionState;
  /** What carries the connection, or would carry the next one. */
  readonly transport: "websocket" | "sse";
  /** @returns how to stop listening */
  on<Name extends keyof WireEvents>(
    name: Name,
    listener: (detail: WireEvents[Name]) => void,
  ): () => void;
  /**
   * Subscribes to a channel such as `prefix:order:`. The same channel with the same options is
   * one subscription for the gateway however often it is asked for.
   *
   * @throws Error when the channel is open with other options, or the connection is closed
   */
  subscribe(channel: string, options?: ChannelOptions): Subscription;
  /** Ends the connection and all subscriptions, for good. */
  close(): void;
}

/** What the client needs of a WebSocket: browsers' own and the package `ws` have it. */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: "close",
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
  addEventListener(type: "error", listener: (event: object) => void): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

export interface ConnectOptions {
  /** Gives a token; asked before each connection, and shortly before the token in use expires. */
  readonly token?: () => string | Promise<string>;
  /** Default `auto`: WebSocket, or SSE where a WebSocket cannot be had. */
  readonly transport?: "auto" | "websocket" | "sse";
  /** Default `message`: the first message bears the token; `subprotocol` sends it with the upgrade. */
  readonly auth?: "message" | "subprotocol";
  /** How many messages a `for await` loop may fall behind; default 1000. */
  readonly buffer?: number;
  /** Default: the platform's; Node before 22 has none. */
  readonly WebSocket?: WebSocketConstructor;
  /** Default: the platform's; used by SSE. */
  readonly fetch?: typeof fetch;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Numbers in [0, 1) that spread reconnects; default `Math.random`. */
  readonly random?: () => number;
}
