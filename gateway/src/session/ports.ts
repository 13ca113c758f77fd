import type {
  ChannelOptions,
  CloseCode,
  Cursor,
  ErrorCode,
  GapReason,
  Interest,
  SnapshotEntry,
  WireError,
} from "@keywire/shared";

/** Who a token speaks for, and what it allows. Grants stay what the auth room made of them. */
export interface Identity {
  readonly user: string;
  readonly tokenId: string | undefined;
  /** ms since the Unix epoch. */
  readonly issuedAt: number | undefined;
  /** ms since the Unix epoch. */
  readonly expires: number;
  /** ms since the Unix epoch: when it is refused, since its issuer's clock may be off. */
  readonly countsUntil: number;
  readonly admin: boolean;
}

export interface Auth<I extends Identity = Identity> {
  /**
   * At once where that takes no waiting: of thousands that come back at a time, each then goes by fewer steps.
   *
   * @throws WireError `unauthorized`, `token_expired`, or `unavailable` where it cannot be told now
   */
  verify(token: string): I | Promise<I>;
  /** @throws WireError `forbidden`, saying which grant would be needed */
  authorize(identity: I, interest: Interest, options: ChannelOptions): void;
  isRevoked(identity: I): boolean;
}

/** A message with a place in its channel's sequence. */
export interface Entry {
  readonly type: string;
  readonly offset: number;
  /** As JSON. */
  readonly text: string;
  /** What it tells of happened between `from` and `to`, ms since the Unix epoch. */
  readonly from: number;
  readonly to: number;
}

/** Successive messages of one channel, the same object for all sessions that get them. */
export interface Messages {
  readonly channel: string;
  readonly epoch: string;
  readonly entries: readonly Entry[];
  /** Offsets of the first and the last one. */
  readonly first: number;
  readonly last: number;
  /** In UTF-8. */
  readonly bytes: number;
  /** As JSON, one per line. */
  readonly text: string;
  /** Whether several connections send them. */
  readonly isShared: boolean;
  /** What a kind of transport makes of them; made once, however many connections send it. */
  encoded(encoder: Encoder): Uint8Array;
}

export interface Encoder {
  encode(messages: { readonly text: string; readonly bytes: number }): Uint8Array;
}

/** Messages that one client alone did not get. */
export interface MemberGap {
  readonly reason: GapReason;
  /** How many, null where nobody knows. */
  readonly missed: number | null;
  /** Of the last of them. */
  readonly offset: number;
  readonly from: number;
  readonly to: number;
}

/** The keys of a snapshot. */
export interface Keys {
  readonly snapshot: readonly SnapshotEntry[];
  readonly truncated?: true;
}

export interface Joined extends Partial<Keys> {
  readonly epoch: string;
  /** The first message behind it bears `offset + 1`, but for the gap. */
  readonly offset: number;
  readonly resumed?: boolean;
  /** Comes before the replay. */
  readonly gap?: MemberGap;
  readonly replay: readonly Messages[];
}

export interface Member {
  /** A message is delivered soon: looks at what that takes; see `Transport`. */
  lookAhead?(): number;
  /** Once, if at all, and before anything is delivered. */
  joined(joined: Joined): void;
  /** Once, instead of `joined`. */
  refused(error: WireError): void;
  deliver(messages: Messages): void;
  /** All that the client is to hold of the channel from here on. */
  resynced(at: Cursor, keys: Keys): void;
}

export interface Membership {
  /**
   * What the channel was told before is still delivered, before this returns; nothing after.
   *
   * @returns since when there are events, ms since the Unix epoch, that were on their way to the client,
   *   as values or a snapshot are awaited, and do not come any more; undefined where there are none
   */
  leave(): number | undefined;
  /** Has a new snapshot taken, since the client did not get it all; false where there is none. */
  resync(): boolean;
}

/** The hub, as sessions know it. */
export interface Channels {
  /**
   * The answer comes to the member, perhaps before this returns.
   *
   * @throws WireError where the options are not served
   */
  join(
    request: {
      readonly name: string;
      readonly interest: Interest;
      readonly options: ChannelOptions;
      readonly since?: Cursor | undefined;
    },
    member: Member,
  ): Membership;
}

/** One message for one session alone. */
export interface Single {
  readonly type: string;
  /** As JSON. */
  readonly text: string;
  /** In UTF-8. */
  readonly bytes: number;
  /** What it is about, where that is a channel. */
  readonly channel?: string | undefined;
  /** Where it leaves the client in the channel. */
  readonly cursor?: Cursor | undefined;
  /** What stands for it where it is dropped: it is a gap of this session alone, or bears keys. */
  readonly gap?: MemberGap | undefined;
  /** What stays of an answer, before the gap, where its keys are dropped. */
  readonly bare?: Single | undefined;
}

export type Outgoing = Single | Messages;

/**
 * What carries a session's messages to its client. It tells the session of messages (`receive`),
 * that it takes more again (`drained`), and, once, of its end (`disconnected`).
 */
export interface Transport {
  readonly kind: "websocket" | "sse";
  /**
   * Something is sent soon: looks at what that takes, and returns something of it. Where many clients are sent
   * to, hardly any is in the processor's cache; who looks at all of them first has it fetch several at once.
   */
  lookAhead?(): number;
  /**
   * Sends these in their order, all of them.
   *
   * @returns false where the client does not keep up: the session then waits for `drained`
   */
  send(items: readonly Outgoing[]): boolean;
  /** Bytes that were sent and that the client has not taken yet. */
  readonly buffered: number;
  /** Begins to end it; `disconnected` follows within seconds, whatever the client does. */
  close(code: CloseCode, reason: string): void;
}

/** Limits that a client can run into. */
export type SessionLimit =
  | "sessions"
  | "sessions_per_user"
  | "sessions_per_address"
  | "subscriptions"
  | "message_rate"
  | "auth_timeout";

/** Told what is worth a metric or a log line. */
export interface SessionReport {
  /** A client has come in; it has yet to show its token. */
  opened(transport: Transport["kind"]): void;
  /** A session is over, after so many ms; the code is undefined where the client ended it. */
  closed(code: CloseCode | undefined, ms: number): void;
  /** A client sent a message. */
  received(): void;
  /** A client was told an error. */
  refused(code: ErrorCode): void;
  limited(limit: SessionLimit): void;
  /** So many bytes of messages went to a client. */
  sent(bytes: number): void;
  /** So many messages were dropped for a slow client, which is told of a gap. */
  dropped(count: number): void;
  /** An error that is none of the client's doing. */
  failed(error: unknown): void;
}
