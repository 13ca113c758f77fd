import type { CloseCode } from "@keywire/shared";

/** Messages of one channel that many connections send: each kind of transport encodes them once. */
export interface Messages {
  readonly text: string;
  encoded(encoder: Encoder): Uint8Array;
}

export interface Encoder {
  encode(messages: { readonly text: string }): Uint8Array;
}

/** What carries a session's messages to its client. */
export interface Transport {
  readonly kind: "websocket" | "sse";
  write(items: readonly (string | Messages)[]): void;
  readonly isWritable: boolean;
  readonly buffered: number;
  close(code: CloseCode, reason: string): void;
}

/** A session, as a transport knows it. */
export interface Client {
  authenticate(token: string): Promise<void>;
  receive(text: string): void;
  drained(): void;
  disconnected(): void;
}

/** Where transports get their sessions. */
export interface Door {
  /** @throws WireError where there is no room */
  open(transport: Transport, address: string): Client;
}
