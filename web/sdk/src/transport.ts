import type { ClientMessage, SubscribeMessage } from "@keywire/shared";

/** A way to reach the gateway: a WebSocket or an SSE stream. */
export interface Transport {
  readonly name: "websocket" | "sse";
  /** An SSE stream cannot be opened without a channel to stream. */
  readonly needsChannels: boolean;
  /**
   * Opens one link, which authenticates itself with the token and lives until it closes.
   *
   * @throws where the platform refuses at once, as a content security policy makes it do
   */
  open(token: string | undefined, listener: LinkListener): Link;
}

export interface Link {
  /** Sends a message; only after a first frame has come. */
  send(message: ClientMessage): void;
  /** What the listener is told from now on is of no interest. */
  close(): void;
}

/** Never called before `open` has returned. */
export interface LinkListener {
  /** A sign of life: one or more messages, a line each; empty where there are none. */
  frame(text: string): void;
  /**
   * The link ended, by the gateway or by the network.
   *
   * @param code a WebSocket close code; 1006 where the network gave none
   */
  closed(code: number, reason: string): void;
  /** What to subscribe to, for a transport that says so when it opens. */
  requests(): SubscribeMessage[];
}

/** RFC 6455: the code of a connection that ended without one. */
export const ABNORMAL_CLOSURE = 1006;
