/**
 * One client, whatever carries its messages.
 *
 * States: `opening` (until it has shown a good token), `open` (until either side ends it), `closing`
 * (what it was told last is on its way), `closed` (the transport is gone). It only ever goes on:
 * opening to open, both to closing, all to closed.
 *
 * Failure: whatever goes wrong is told to the client as an error, and as a close code where the
 * session ends with it. A first token that is no good ends it; one that was to replace a good one
 * does not.
 *
 * Bounds: those of its inbox, its outbox and its subscriptions, and the time it may take to show a
 * token.
 */

import {
  type ChannelOptions,
  type ClientMessage,
  CloseCode,
  type ErrorCode,
  type Interest,
  PROTOCOL_VERSION,
  type SubscribeMessage,
  WireError,
} from "@keywire/shared";
import type { RequestId } from "./client-message.js";
import { Inbox, type InboxOwner, type InboxPorts } from "./inbox.js";
import { Outlet, type OutletOwner, type OutletPorts } from "./outlet.js";
import type { Auth, Identity, Transport } from "./ports.js";
import { type Authorizer, Subscriptions, type SubscriptionsPorts } from "./subscriptions.js";

/** How long before its token expires a client is told, ms. */
const EXPIRING_AHEAD = 30_000;

export type SessionLimits = InboxPorts["limits"] &
  SubscriptionsPorts["limits"] & {
    /** ms until the client must have authenticated. */
    readonly authTimeout: number;
    /** ms between the gateway's pings, as the client is told. */
    readonly heartbeat: number;
  };

/** What all sessions share. */
export interface SessionPorts<I extends Identity>
  extends InboxPorts,
    OutletPorts,
    SubscriptionsPorts {
  readonly limits: SessionLimits;
  readonly auth: Auth<I>;
  /**
   * Counts the session among its user's, and no more among those of the user before.
   *
   * @throws WireError `limit_exceeded`
   */
  admit(user: string, before: string | undefined): void;
  closed(session: Session<I>): void;
}

export type SessionState = "opening" | "open" | "closing" | "closed";

export interface SessionStatus {
  readonly id: string;
  readonly user: string | null;
  readonly transport: Transport["kind"];
  readonly address: string;
  /** ms since the Unix epoch. */
  readonly since: number;
  readonly state: SessionState;
  /** ms since the Unix epoch. */
  readonly expires: number | null;
  readonly subscriptions: readonly string[];
  /** Bytes that wait for the client. */
  readonly outbox: number;
  /** Messages that it did not get because it reads too slowly. */
  readonly dropped: number;
}

/** What time alone will bring, and when. */
interface Due {
  readonly what: "token" | "warning" | "expiry";
  readonly at: number;
}

export class Session<I extends Identity = Identity> implements InboxOwner, OutletOwner, Authorizer {
  readonly id: string;
  readonly address: string;
  readonly #ports: SessionPorts<I>;
  readonly #transport: Transport;
  readonly #inbox: Inbox;
  readonly #outlet: Outlet;
  readonly #subscriptions: Subscriptions;
  readonly #since: number;
  #state: SessionState = "opening";
  #identity: I | undefined;
  #due: Due;
  #closeCode: CloseCode | undefined;

  constructor(
    about: { readonly id: string; readonly address: string },
    transport: Transport,
    ports: SessionPorts<I>,
  ) {
    this.id = about.id;
    this.address = about.address;
    this.#ports = ports;
    this.#transport = transport;
    this.#since = ports.clock.now();
    this.#due = { what: "token", at: this.#since + ports.limits.authTimeout };
    this.#inbox = new Inbox(ports, this);
    this.#outlet = new Outlet(transport, ports, this);
    this.#subscriptions = new Subscriptions(ports, this.#outlet, this);
  }

  get identity(): I | undefined {
    return this.#identity;
  }

  get state(): SessionState {
    return this.#state;
  }

  get status(): SessionStatus {
    const { bytes, dropped } = this.#outlet.outbox;
    return {
      id: this.id,
      user: this.#identity?.user ?? null,
      transport: this.#transport.kind,
      address: this.address,
      since: this.#since,
      state: this.#state,
      expires: this.#identity?.expires ?? null,
      subscriptions: this.#subscriptions.names(),
      outbox: bytes + this.#transport.buffered,
      dropped,
    };
  }

  // From the transport

  /** Takes a token, the first one or one that replaces it; what comes meanwhile waits. */
  async authenticate(token: string): Promise<void> {
    if (this.#isEnding()) return;
    try {
      const verified = this.#ports.auth.verify(token);
      if (!(verified instanceof Promise)) this.#accept(verified);
      else {
        this.#inbox.hold();
        this.#accept(await verified);
      }
    } catch (error) {
      this.#rejectToken(error);
    }
    this.#inbox.release();
  }

  receive(text: string): void {
    this.#inbox.receive(text);
  }

  /** Subscribes for a client that says so by other means than messages. */
  subscribe(request: SubscribeMessage): void {
    if (this.#state === "open") this.#subscriptions.request(request);
  }

  /** The transport keeps up again. */
  drained(): void {
    this.#outlet.outbox.drained();
  }

  /** The transport is gone. */
  disconnected(): void {
    this.#enter("closed");
  }

  // From the gateway

  /** Looks what time has brought. */
  tick(now: number): void {
    if (now < this.#due.at || this.#isEnding()) return;
    const { what } = this.#due;
    if (what === "token") this.#tokenMissing();
    else if (what === "warning") this.#warn();
    else this.end(CloseCode.TokenEnded, expired());
  }

  /** Ends the session if its token was revoked. */
  checkRevoked(): void {
    const identity = this.#identity;
    if (identity === undefined || this.#isEnding() || !this.#ports.auth.isRevoked(identity)) return;
    this.end(CloseCode.TokenEnded, revoked());
  }

  /** Tells the client that the gateway goes and when to come back, and ends the session. */
  leave(reason: string, reconnect: { readonly min: number; readonly max: number }): void {
    this.#outlet.send({ type: "goodbye", reason, reconnect });
    this.close(CloseCode.ServiceRestart, reason);
  }

  close(code: CloseCode, reason: string): void {
    if (this.#isEnding()) return;
    this.#outlet.outbox.flush();
    this.#closeCode = code;
    this.#enter("closing");
    this.#transport.close(code, reason);
  }

  // From its parts

  end(code: CloseCode, error: WireError, id?: RequestId): void {
    this.#outlet.refuse(error, id);
    this.close(code, error.message);
  }

  refuse(error: unknown, id: RequestId | undefined): void {
    this.#outlet.refuse(error, id);
  }

  handle(message: ClientMessage): void {
    if (message.type === "auth") void this.authenticate(message.token);
    else if (this.#state === "opening") {
      this.end(CloseCode.Unauthorized, unauthenticated(), "id" in message ? message.id : undefined);
    } else if (message.type === "ping") this.#outlet.send({ type: "pong" });
    else this.#subscriptions.request(message);
  }

  authorize(interest: Interest, options: ChannelOptions): void {
    if (this.#identity === undefined) throw unauthenticated();
    this.#ports.auth.authorize(this.#identity, interest, options);
  }

  resync(channel: string): boolean {
    return this.#subscriptions.resync(channel);
  }

  overflowed(): void {
    this.close(CloseCode.SlowConsumer, "it does not read what it asked for");
  }

  // Its life

  #isEnding(): boolean {
    return this.#state === "closing" || this.#state === "closed";
  }

  /** The one place where the state changes. */
  #enter(state: Exclude<SessionState, "opening">): void {
    const before = this.#state;
    if (before === state || before === "closed") return;
    this.#state = state;
    if (state === "open") return;
    this.#inbox.close();
    this.#subscriptions.close();
    this.#outlet.outbox.close();
    if (state !== "closed") return;
    this.#ports.closed(this);
    this.#ports.report.closed(this.#closeCode, this.#ports.clock.now() - this.#since);
  }

  // Tokens

  #accept(identity: I): void {
    if (this.#isEnding()) return;
    if (this.#ports.auth.isRevoked(identity)) throw revoked();
    this.#ports.admit(identity.user, this.#identity?.user);
    this.#identity = identity;
    this.#due = { what: "warning", at: identity.expires - EXPIRING_AHEAD };
    this.#enter("open");
    this.#welcome(identity);
    this.#subscriptions.review();
    // A token may be nearly at its end when it comes.
    this.tick(this.#ports.clock.now());
  }

  #welcome({ user, expires }: I): void {
    const { heartbeat, subscriptions, message } = this.#ports.limits;
    this.#outlet.send({
      type: "welcome",
      protocol: PROTOCOL_VERSION,
      session: this.id,
      user,
      expires,
      heartbeat,
      limits: { subscriptions, message },
    });
  }

  /** The first token must be good; one that does not replace it leaves it as it was. */
  #rejectToken(error: unknown): void {
    if (this.#isEnding()) return;
    const fault = this.#outlet.refuse(error);
    if (this.#state === "opening") this.close(closeCodeOf(fault.code), fault.message);
  }

  #tokenMissing(): void {
    const { report, limits } = this.#ports;
    report.limited("auth_timeout");
    const sentence = `no good token came within ${limits.authTimeout / 1_000} s`;
    this.end(CloseCode.Unauthorized, new WireError("unauthorized", sentence));
  }

  #warn(): void {
    const { expires: at, countsUntil } = this.#identity ?? { expires: 0, countsUntil: 0 };
    const now = this.#ports.clock.now();
    // One that came past its time was let in because its issuer's clock may be behind.
    this.#due = { what: "expiry", at: at > now ? at : countsUntil };
    this.#outlet.send({ type: "expiring", at });
    this.tick(now);
  }
}

function unauthenticated(): WireError {
  return new WireError("unauthorized", `the first message must be "auth" with a token`);
}

function expired(): WireError {
  return new WireError("token_expired", "the token expired; connect with a new one");
}

function revoked(): WireError {
  return new WireError("unauthorized", "the token was revoked; ask for a new one");
}

/** How a session ends whose first token was refused. */
function closeCodeOf(code: ErrorCode): CloseCode {
  switch (code) {
    case "limit_exceeded":
      return CloseCode.TooMany;
    // The token may be good: with the same one it is worth another try.
    case "unavailable":
    case "internal":
      return CloseCode.ServiceRestart;
    default:
      return CloseCode.Unauthorized;
  }
}
