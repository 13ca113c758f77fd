import type { ClientMessage, GatewayMessage } from "@keywire/shared";

/** The test's end of a connection, whatever carries it. */
export interface Peer {
  /** Called with each message that the client sends. */
  onSent: (message: ClientMessage) => void;
  /** The connection is established. */
  accept(): void;
  /** The gateway sends messages, all at once. */
  say(...messages: GatewayMessage[]): void;
  /** The gateway sends a message's text. */
  frame(data: unknown): void;
  /** The gateway or the network ends the connection. */
  drop(code?: number): void;
}
