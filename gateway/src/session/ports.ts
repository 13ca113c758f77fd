import type { ChannelOptions, CloseCode, Cursor, Interest } from "@keywire/shared";

/** Who a token speaks for, and what it allows. Grants stay what the auth room made of them. */
export interface Identity {
  readonly user: string;
  readonly tokenId: string | undefined;
  readonly issuedAt: number | undefined;
  /** ms since the Unix epoch. */
  readonly expires: number;
  readonly admin: boolean;
}

export interface Auth<I extends Identity = Identity> {
  /** @throws WireError `unauthorized` or `token_expired` */
  verify(token: string): Promise<I>;
  /** @throws WireError `forbidden`, saying which grant would be needed */
  authorize(identity: I, interest: Interest, options: ChannelOptions): void;
  isRevoked(identity: I): boolean;
}

/** Messages of one channel, encoded once for everybody; transports frame them once. */
export interface Messages {
  readonly channel: string;
  readonly first: number;
  readonly last: number;
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly encoded: Map<string, Uint8Array>;
}

export interface Joined {
  readonly epoch: string;
  readonly offset: number;
  readonly resumed?: boolean;
}

export interface Member {
  joined(joined: Joined): void;
  deliver(messages: Messages): void;
}

export interface Membership {
  readonly ready: Promise<void>;
  leave(): void;
}

/** The hub, as sessions know it. */
export interface Channels {
  join(
    identity: {
      readonly name: string;
      readonly interest: Interest;
      readonly options: ChannelOptions;
    },
    member: Member,
    since?: Cursor,
  ): Membership;
}

/** What carries a session's messages to its client. */
export interface Transport {
  readonly kind: "websocket" | "sse";
  /** Sends these, a text being one message of the session's own, in this order. */
  write(items: readonly (string | Messages)[]): void;
  /** False while the client does not take what was written; `Session.drained` says when it does. */
  readonly isWritable: boolean;
  /** Bytes that were written and not yet taken. */
  readonly buffered: number;
  close(code: CloseCode, reason: string): void;
}
