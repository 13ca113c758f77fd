import type { IncomingMessage, ServerResponse } from "node:http";
import type { Hono } from "hono";

/** An admin, or somebody who is none. */
export interface Caller {
  readonly user: string;
  readonly admin: boolean;
}

/** Where streams of Server-Sent Events come from. */
export interface Streams {
  /** Whether pages of the request's origin may connect. */
  allows(request: IncomingMessage): boolean;
  /** Whether tokens may come in a cookie. */
  readonly takesCookies: boolean;
  /** Bytes of a query, at the most. */
  readonly maxQuery: number;
  /**
   * Resolves when the stream has begun.
   *
   * @param about what it is asked for, and further headers of the response
   * @throws WireError why it has not; then nothing has been written
   */
  open(
    request: IncomingMessage,
    response: ServerResponse,
    about: {
      readonly query: URLSearchParams;
      readonly head: Readonly<Record<string, string>>;
    },
  ): Promise<void>;
}

/** Trigger libraries, as the admin API shows and changes them. Whatever is refused is a WireError. */
export interface LibraryDesk {
  /** @param name of one alone; all where absent */
  list(options: ListRequest, name?: string): Promise<unknown[]>;
  load(source: string, options: LoadRequest): Promise<LoadAnswer>;
  delete(name: string): Promise<void>;
  /** @returns what the function answered, as JSON */
  call(name: string, functionName: string, request: CallRequest): Promise<unknown>;
}

export interface ListRequest {
  readonly verbosity: 0 | 1 | 2 | 3;
  readonly withCode: boolean;
}

export interface LoadRequest {
  readonly replace: boolean;
  readonly configuration?: Readonly<Record<string, unknown>>;
}

export interface LoadAnswer {
  readonly name: string;
  readonly replaced: boolean;
}

export interface CallRequest {
  readonly keys: readonly Uint8Array[];
  readonly args: readonly Uint8Array[];
  /** It may take its time, though the function was not registered as async. */
  readonly isAsync: boolean;
  /** The gateway's default where absent. */
  readonly db?: number;
}

/** The AMQP forwarder, as the admin API shows and changes it. Whatever is refused is a WireError. */
export interface AmqpDesk {
  /** Its configuration and its state on each gateway that serves this port, as JSON. */
  show(): Promise<unknown>;
  /** Changes some settings on all gateways, or none of them. */
  change(patch: Readonly<Record<string, unknown>>): Promise<void>;
  wish(wish: "connected" | "disconnected"): Promise<void>;
  setMasks(change: (masks: readonly string[]) => readonly string[]): Promise<void>;
  fallbackLength(): Promise<number>;
  /** @returns how many events there were */
  purge(): Promise<number>;
}

/** What the URL table needs of the gateway. */
export interface HttpPorts {
  /** Why the gateway is not ready, a sentence each; none when it is. */
  readonly problems: () => readonly string[];
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
  /** @throws WireError `unauthorized` or `token_expired` */
  readonly authenticate: (token: string) => Promise<Caller>;
  /**
   * One key's snapshot, as a caller with this token may have it.
   *
   * @throws WireError `bad_request`, `unauthorized`, `forbidden` or `unavailable`
   */
  readonly value: (token: string, channel: string) => Promise<unknown>;
  readonly streams: Streams;
  /** What the gateway holds, as JSON. */
  readonly state: () => Promise<unknown>;
  readonly libraries: LibraryDesk;
  readonly amqp: AmqpDesk;
  readonly revoke: (
    revocation: { readonly sub: string } | { readonly jti: string },
  ) => Promise<void>;
  /** Further routes, of `keywire dev` alone. */
  readonly demo?: Hono | undefined;
  /** An error that is none of the caller's doing. */
  readonly failed: (error: unknown) => void;
}
