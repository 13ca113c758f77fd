import type { CloseCode, Cursor, SubscribeMessage } from "@keywire/shared";

/** A message with a place in its channel's sequence, as JSON. */
export interface Entry {
  readonly type: string;
  readonly offset: number;
  readonly text: string;
}

/** Successive messages of one channel. */
export interface Messages {
  readonly channel: string;
  readonly epoch: string;
  readonly entries: readonly Entry[];
  /** As JSON, one per line. */
  readonly text: string;
  /** Of the text in UTF-8. */
  readonly bytes: number;
  /** Whether several connections send them. */
  readonly isShared: boolean;
  /** What a kind of transport makes of them; made once, however many connections send it. */
  encoded(encoder: Encoder): Uint8Array;
}

export interface Encoder {
  encode(messages: Messages): Uint8Array;
}

/** One message for one connection alone. */
export interface Single {
  readonly type: string;
  readonly text: string;
  readonly bytes: number;
  /** What it is about, where that is a channel. */
  readonly channel?: string | undefined;
  /** Where it leaves the client in the channel. */
  readonly cursor?: Cursor | undefined;
}

export type Outgoing = Single | Messages;

/** What carries a session's messages to its client. */
export interface Transport {
  readonly kind: "websocket" | "sse";
  /**
   * Something is sent soon: looks at what that takes, and returns something of it. Where many clients are sent
   * to, hardly any is in the processor's cache; who looks at all of them first has it fetch several at once.
   */
  lookAhead?(): number;
  /** @returns false where the client does not keep up; `drained` follows when it does again */
  send(items: readonly Outgoing[]): boolean;
  /** Bytes that were sent and that the client has not taken yet. */
  readonly buffered: number;
  close(code: CloseCode, reason: string): void;
}

/** A session, as a transport knows it. */
export interface Client {
  authenticate(token: string): Promise<void>;
  receive(text: string): void;
  drained(): void;
  disconnected(): void;
  close(code: CloseCode, reason: string): void;
}

/** A session whose client subscribes by other means than messages. */
export interface SubscribingClient extends Client {
  subscribe(request: SubscribeMessage): void;
}

/** Where transports get their sessions. */
export interface Door<C extends Client = Client> {
  /** @throws WireError where there is no room */
  open(transport: Transport, address: string): C;
}
