/** An admin, or somebody who is none. */
export interface Caller {
  readonly user: string;
  readonly admin: boolean;
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
  /** What the gateway holds, as JSON. */
  readonly state: () => unknown;
  readonly revoke: (
    revocation: { readonly sub: string } | { readonly jti: string },
  ) => Promise<void>;
  /** An error that is none of the caller's doing. */
  readonly failed: (error: unknown) => void;
}
