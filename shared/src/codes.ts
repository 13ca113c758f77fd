/** Why the gateway refused a request, as the `code` of an `error` or `unsubscribed` message. */
export type ErrorCode =
  | "bad_request"
  | "unauthorized"
  | "token_expired"
  | "forbidden"
  | "unsupported"
  | "limit_exceeded"
  | "rate_limited"
  | "notifications_disabled"
  | "unavailable"
  | "internal";

/** Why events may be missing, as the `reason` of a `gap` message. */
export type GapReason =
  | "node_lost"
  | "failover"
  | "slot_moved"
  | "resubscribed"
  | "slow_consumer"
  | "history_expired"
  | "gateway_restarted"
  | "flushed";

interface WireErrorOptions extends ErrorOptions {
  readonly id?: number | string | undefined;
}

/** A refusal that a client is told: a stable code and a sentence with the remedy. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code: ErrorCode;
  /** Of the request that was refused, where it is known and has one. */
  readonly id: number | string | undefined;

  constructor(code: ErrorCode, message: string, options: WireErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.id = options.id;
  }
}

/** WebSocket close codes, of RFC 6455 and the protocol's own. */
export const CloseCode = {
  Normal: 1000,
  GoingAway: 1001,
  BinaryFrame: 1003,
  InvalidUtf8: 1007,
  MessageTooBig: 1009,
  ServiceRestart: 1012,
  Malformed: 4400,
  Unauthorized: 4401,
  Forbidden: 4403,
  HeartbeatMissed: 4408,
  TokenEnded: 4409,
  SlowConsumer: 4413,
  TooMany: 4429,
} as const;

export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** What a client does about a close code: come back, come back with a new token, or stay away. */
export type Retry = "reconnect" | "renew_token" | "back_off" | "never";

/**
 * How a client should react to a close code; codes nobody documented are worth another try. The
 * numbers stand for `CloseCode`'s names, which the SDK would otherwise carry to every page.
 */
export function retryFor(code: number): Retry {
  switch (code) {
    case 1003:
    case 1007:
    case 1009:
    case 4400:
    case 4403:
      return "never";
    case 4401:
    case 4409:
      return "renew_token";
    case 4429:
      return "back_off";
    default:
      return "reconnect";
  }
}
