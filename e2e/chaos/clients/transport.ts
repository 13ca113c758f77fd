import type { Cursor } from "../record.js";

/** What a client asks for on each connection. */
export interface Subscribe {
  readonly type: "subscribe";
  readonly id: number;
  readonly channel: string;
  readonly events?: readonly string[];
  readonly since?: Cursor;
}

export interface Dial {
  /** `http://host:port` */
  readonly url: string;
  readonly token: string;
  readonly subscribes: readonly Subscribe[];
  /** Where the newest message of the connection before bore an SSE `id:`. */
  readonly lastEventId: string | undefined;
  /** One message, as JSON, and its SSE `id:`. */
  message(text: string, id?: string): void;
  /** Once; also where it never came about. */
  ended(): void;
}

/** A connection, or an attempt at one. */
export interface Wire {
  /** Reads no more, so that the gateway finds its buffers filling. */
  pause(): void;
  resume(): void;
  /** Sends a message where the transport takes them; false where it does not. */
  send(message: object): boolean;
  /** Ends it: in order, or by cutting it off. */
  close(how: "orderly" | "abrupt"): void;
}

/** How a client's messages travel. */
export interface Transport {
  readonly kind: "websocket" | "sse";
  dial(dial: Dial): Wire;
}
