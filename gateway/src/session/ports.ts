import type {
  ChannelOptions,
  CloseCode,
  Cursor,
  GapReason,
  Interest,
  WireError,
} from "@keywire/shared";

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

/** Successive messages of one channel, shared by everybody who gets them. */
export interface Messages {
  readonly channel: string;
  /** Offsets of the first and the last one. */
  readonly first: number;
  readonly last: number;
  /** In UTF-8. */
  readonly bytes: number;
  /** As JSON, one per line. */
  readonly text: string;
  /** The time that each tells of, ms since the Unix epoch. */
  readonly entries: readonly { readonly from: number; readonly to: number }[];
  /** What a kind of transport makes of them; made once, however many connections send it. */
  encoded(encoder: Encoder): Uint8Array;
}

export interface Encoder {
  encode(messages: { readonly text: string }): Uint8Array;
}

/** Messages that one client alone did not get. */
export interface MemberGap {
  readonly reason: GapReason;
  readonly missed: number | null;
  readonly offset: number;
  readonly from: number;
  readonly to: number;
}

export interface Joined {
  readonly epoch: string;
  readonly offset: number;
  readonly resumed?: boolean;
  /** Comes before the replay. */
  readonly gap?: MemberGap;
  readonly replay: readonly Messages[];
}

export interface Member {
  /** Once, before anything is delivered. */
  joined(joined: Joined): void;
  /** Once, instead of `joined`. */
  refused(error: WireError): void;
  deliver(messages: Messages): void;
}

export interface Membership {
  leave(): void;
}

/** The hub, as sessions know it. */
export interface Channels {
  /** @throws WireError where the options are not served */
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
