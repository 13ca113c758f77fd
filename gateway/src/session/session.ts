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
 * Bounds: subscriptions, what waits to be sent, how fast messages come, how many of them may be
 * malformed, and how much may wait while a token is verified.
 */

import {
  type ClientMessage,
  type Clock,
  CloseCode,
  type Database,
  type ErrorCode,
  type GatewayMessage,
  PROTOCOL_VERSION,
  type SubscribeMessage,
  WireError,
} from "@keywire/shared";
import { Malformed, parseClientMessage, type RequestId, requestIdIn } from "./client-message.js";
import { Outbox, type OutboxPorts } from "./outbox.js";
import type {
  Auth,
  Channels,
  Identity,
  Outgoing,
  SessionLimit,
  SessionReport,
  Transport,
} from "./ports.js";
import { type Rate, TokenBucket } from "./rate.js";
import { gapMessage, single } from "./single.js";
import { Subscriptions } from "./subscriptions.js";

/** How long before its token expires a client is told, ms. */
const EXPIRING_AHEAD = 30_000;
/** Malformed messages after which a connection is closed. */
const MAX_MALFORMED = 10;
/** Bytes of messages that may wait while a token is verified. */
const MAX_HELD_BYTES = 256 * 1_024;

export interface SessionLimits {
  readonly subscriptions: number;
  /** Bytes of one message of the client. */
  readonly message: number;
  readonly rate: Rate;
  /** ms until the client must have authenticated. */
  readonly authTimeout: number;
  /** ms between the gateway's pings, as the client is told. */
  readonly heartbeat: number;
}

/** What all sessions share. */
export interface SessionPorts<I extends Identity> {
  readonly clock: Clock;
  readonly auth: Auth<I>;
  readonly channels: Channels;
  readonly defaultDatabase: Database;
  readonly limits: SessionLimits;
  readonly outbox: OutboxPorts;
  readonly report: SessionReport;
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

export class Session<I extends Identity = Identity> {
  readonly id: string;
  readonly address: string;
  readonly #ports: SessionPorts<I>;
  readonly #transport: Transport;
  readonly #subscriptions: Subscriptions;
  readonly #outbox: Outbox;
  readonly #bucket: TokenBucket;
  readonly #since: number;
  #state: SessionState = "opening";
  #identity: I | undefined;
  #due: Due;
  #malformed = 0;
  #closeCode: CloseCode | undefined;
  /** Messages that wait for a token to be verified; undefined while none is. */
  #held: string[] | undefined;

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
    this.#outbox = new Outbox(transport, ports.outbox, (channel) =>
      this.#subscriptions.resync(channel),
    );
    this.#bucket = new TokenBucket(ports.limits.rate, this.#since);
    this.#subscriptions = new Subscriptions({
      channels: ports.channels,
      defaultDatabase: ports.defaultDatabase,
      limit: ports.limits.subscriptions,
      authorize: (interest, options) =>
        ports.auth.authorize(this.#authenticated(), interest, options),
      send: (message) => this.#send(message),
      gap: (channel, epoch, gap) => this.#push(gapMessage(channel, epoch, gap)),
      snapshot: (message, epoch) => this.#push(single(message, epoch)),
      deliver: (messages) => this.#push(messages),
      refuse: (error, id) => this.#answer(error, id),
      limited: () => ports.report.limited("subscriptions"),
    });
  }

  get identity(): I | undefined {
    return this.#identity;
  }

  get state(): SessionState {
    return this.#state;
  }

  get status(): SessionStatus {
    return {
      id: this.id,
      user: this.#identity?.user ?? null,
      transport: this.#transport.kind,
      address: this.address,
      since: this.#since,
      state: this.#state,
      expires: this.#identity?.expires ?? null,
      subscriptions: this.#subscriptions.names(),
      outbox: this.#outbox.bytes + this.#transport.buffered,
      dropped: this.#outbox.dropped,
    };
  }

  // From the transport

  /** Takes a token, the first one or one that replaces it; what comes meanwhile waits. */
  async authenticate(token: string): Promise<void> {
    if (this.#isEnding()) return;
    this.#held ??= [];
    try {
      this.#accept(await this.#verify(token));
    } catch (error) {
      this.#rejectToken(error);
    }
    const held = this.#held ?? [];
    this.#held = undefined;
    // One of them may be a token itself: then those behind it wait again.
    for (const line of held) this.#take(line);
  }

  /** Takes a frame: a message, or several on lines of their own. */
  receive(text: string): void {
    const lines = text.split("\n");
    for (const line of lines) {
      if (this.#isEnding()) return;
      if (line.trim() !== "" || lines.length === 1) this.#receiveOne(line);
    }
  }

  /** Subscribes for a client that says so by other means than messages. */
  subscribe(request: SubscribeMessage): void {
    if (this.#state === "open") this.#subscriptions.request(request);
  }

  /** The transport keeps up again. */
  drained(): void {
    this.#outbox.drained();
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
    else this.#end(CloseCode.TokenEnded, expired());
  }

  /** Ends the session if its token was revoked. */
  checkRevoked(): void {
    const identity = this.#identity;
    if (identity === undefined || this.#isEnding() || !this.#ports.auth.isRevoked(identity)) return;
    this.#end(CloseCode.TokenEnded, revoked());
  }

  /** Tells the client that the gateway goes and when to come back, and ends the session. */
  leave(reason: string, reconnect: { readonly min: number; readonly max: number }): void {
    if (this.#isEnding()) return;
    this.#send({ type: "goodbye", reason, reconnect });
    this.close(CloseCode.ServiceRestart, reason);
  }

  close(code: CloseCode, reason: string): void {
    if (this.#isEnding()) return;
    this.#outbox.flush();
    this.#closeCode = code;
    this.#enter("closing");
    this.#transport.close(code, reason);
  }

  /** Closes with an error that the client is told first. */
  #end(code: CloseCode, error: WireError): void {
    this.#answer(error, undefined);
    this.close(code, error.message);
  }

  #isEnding(): boolean {
    return this.#state === "closing" || this.#state === "closed";
  }

  /** The one place where the state changes. */
  #enter(state: Exclude<SessionState, "opening">): void {
    const before = this.#state;
    if (before === state || before === "closed") return;
    this.#state = state;
    if (state === "open") return;
    this.#subscriptions.close();
    this.#outbox.close();
    this.#held = undefined;
    if (state !== "closed") return;
    this.#ports.closed(this);
    this.#ports.report.closed(this.#closeCode, this.#ports.clock.now() - this.#since);
  }

  // Tokens

  async #verify(token: string): Promise<I> {
    const identity = await this.#ports.auth.verify(token);
    if (this.#ports.auth.isRevoked(identity)) throw revoked();
    return identity;
  }

  #accept(identity: I): void {
    if (this.#isEnding()) return;
    this.#ports.admit(identity.user, this.#identity?.user);
    this.#identity = identity;
    this.#due = { what: "warning", at: identity.expires - EXPIRING_AHEAD };
    this.#enter("open");
    this.#send(this.#welcome(identity));
    this.#subscriptions.review();
    // A token may be nearly at its end when it comes.
    this.tick(this.#ports.clock.now());
  }

  #welcome({ user, expires }: I): GatewayMessage {
    const { heartbeat, subscriptions, message } = this.#ports.limits;
    return {
      type: "welcome",
      protocol: PROTOCOL_VERSION,
      session: this.id,
      user,
      expires,
      heartbeat,
      limits: { subscriptions, message },
    };
  }

  /** The first token must be good; one that does not replace it leaves it as it was. */
  #rejectToken(error: unknown): void {
    if (this.#isEnding()) return;
    const fault = this.#answer(error, undefined);
    if (this.#state === "opening") this.close(closeCodeOf(fault.code), fault.message);
  }

  #tokenMissing(): void {
    this.#ports.report.limited("auth_timeout");
    const seconds = this.#ports.limits.authTimeout / 1_000;
    this.#end(
      CloseCode.Unauthorized,
      new WireError("unauthorized", `no good token came within ${seconds} s`),
    );
  }

  #warn(): void {
    const at = this.#identity?.expires ?? 0;
    this.#due = { what: "expiry", at };
    this.#send({ type: "expiring", at });
    this.tick(this.#ports.clock.now());
  }

  #authenticated(): I {
    if (this.#identity !== undefined) return this.#identity;
    throw new WireError("unauthorized", `the first message must be "auth" with a token`);
  }

  // Messages

  #receiveOne(line: string): void {
    this.#ports.report.received();
    const drawn = this.#bucket.draw(this.#ports.clock.now());
    if (drawn !== "taken") this.#tooFast(line, drawn);
    else if (this.#held === undefined) this.#take(line);
    else this.#hold(this.#held, line);
  }

  #tooFast(line: string, drawn: "owed" | "overdrawn"): void {
    const { perSecond, burst } = this.#ports.limits.rate;
    const error = new WireError(
      "rate_limited",
      `a connection may send ${perSecond} messages a second, ${burst} at once; wait`,
    );
    this.#limited("message_rate");
    if (drawn === "owed") this.#answer(error, requestIdIn(line));
    else this.#end(CloseCode.TooMany, error);
  }

  #hold(held: string[], line: string): void {
    const most = Math.max(MAX_HELD_BYTES, this.#ports.limits.message);
    const bytes = held.reduce((sum, { length }) => sum + length, line.length);
    if (bytes <= most) {
      held.push(line);
      return;
    }
    this.#limited("message_rate");
    this.#end(
      CloseCode.TooMany,
      new WireError(
        "rate_limited",
        "too much came before the token was verified; wait for welcome",
      ),
    );
  }

  #take(line: string): void {
    if (this.#isEnding()) return;
    // A token came before it, and has still to be looked at.
    if (this.#held !== undefined) {
      this.#held.push(line);
      return;
    }
    try {
      this.#handle(parseClientMessage(line));
    } catch (error) {
      this.#answer(error, error instanceof Malformed ? error.id : undefined);
      if (error instanceof Malformed) this.#countMalformed();
    }
  }

  #handle(message: ClientMessage): void {
    if (message.type === "auth") {
      void this.authenticate(message.token);
      return;
    }
    if (this.#state === "opening") {
      this.#end(
        CloseCode.Unauthorized,
        new WireError("unauthorized", `the first message must be "auth" with a token`),
      );
      return;
    }
    if (message.type === "ping") this.#send({ type: "pong" });
    else this.#subscriptions.request(message);
  }

  #countMalformed(): void {
    this.#malformed += 1;
    if (this.#malformed < MAX_MALFORMED) return;
    this.close(CloseCode.Malformed, `${MAX_MALFORMED} malformed messages`);
  }

  #limited(limit: SessionLimit): void {
    this.#ports.report.limited(limit);
  }

  // To the client

  /** Tells the client of an error; what is none of its doing, it is told without its details. */
  #answer(error: unknown, id: RequestId | undefined): WireError {
    const fault = error instanceof WireError ? error : this.#internal(error);
    if (this.#isEnding()) return fault;
    const { code, message } = fault;
    this.#ports.report.refused(code);
    this.#send({ type: "error", ...(id === undefined ? {} : { id }), code, message });
    return fault;
  }

  #internal(cause: unknown): WireError {
    this.#ports.report.failed(cause);
    return new WireError("internal", "something went wrong in the gateway; try again", { cause });
  }

  #send(message: GatewayMessage): void {
    this.#push(single(message));
  }

  #push(item: Outgoing): void {
    if (this.#isEnding() || this.#outbox.push(item)) return;
    this.close(CloseCode.SlowConsumer, "it does not read what it asked for");
  }
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
