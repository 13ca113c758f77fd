import {
  type ClientMessage,
  type Clock,
  CloseCode,
  type Database,
  type ErrorCode,
  type GatewayMessage,
  PROTOCOL_VERSION,
  WireError,
} from "@keywire/shared";
import { Malformed, parseClientMessage } from "./client-message.js";
import { Outbox } from "./outbox.js";
import type { Auth, Channels, Identity, Messages, Transport } from "./ports.js";
import { type Rate, TokenBucket } from "./rate.js";
import { Subscriptions } from "./subscriptions.js";

/** How long before its token expires a client is told, ms. */
const EXPIRING_AHEAD = 30_000;
/** Malformed or rate-limited messages a connection may send before it is closed. */
const MAX_OFFENCES = 10;
/** Messages that may wait while a token is being verified. */
const MAX_WAITING = 256;

export interface SessionLimits {
  readonly subscriptions: number;
  /** Bytes of one message of the client. */
  readonly message: number;
  readonly rate: Rate;
  /** Bytes that may wait for the client. */
  readonly outbox: number;
  readonly slowConsumer: "gap" | "disconnect";
  /** ms until the client must have authenticated. */
  readonly authTimeout: number;
  /** ms between the gateway's pings, as the client is told. */
  readonly heartbeat: number;
}

export interface SessionPorts<I extends Identity> {
  readonly clock: Clock;
  readonly auth: Auth<I>;
  readonly channels: Channels;
  readonly defaultDatabase: Database;
  readonly limits: SessionLimits;
  /** Admits the user; throws WireError where there are too many sessions of theirs. */
  admit(session: Session<I>, user: string): void;
  /** Has `flush` called at the end of this turn. */
  touch(session: Session<I>): void;
  closed(session: Session<I>): void;
  readonly report: SessionReport;
}

/** Told what is worth a metric or a log line. */
export interface SessionReport {
  opened(transport: Transport["kind"]): void;
  /** @param code what the gateway closed it with; undefined where the client went by itself */
  closed(code: CloseCode | undefined, ms: number): void;
  /** A message came from a client. */
  received(): void;
  /** A client was told that it does not get what it asked for. */
  refused(code: ErrorCode): void;
  /** Somebody ran into a limit. */
  limited(limit: LimitName): void;
  /** Messages were dropped for a slow client, which will be told of a gap. */
  dropped(messages: number): void;
  /** An error that is none of the client's doing. */
  failed(error: unknown): void;
}

export type LimitName =
  | "sessions"
  | "sessions_per_user"
  | "sessions_per_address"
  | "subscriptions"
  | "message_rate"
  | "auth_timeout";

export interface SessionStatus {
  readonly id: string;
  readonly user: string | null;
  readonly transport: Transport["kind"];
  readonly address: string;
  readonly since: number;
  readonly state: "opening" | "open" | "closing" | "closed";
  readonly expires: number | null;
  readonly subscriptions: readonly string[];
  /** Bytes queued for the client. */
  readonly outbox: number;
  readonly dropped: number;
}

/**
 * One client, whatever carries its messages.
 *
 *     opening -> open -> closing -> closed
 *
 * Opening, until it has shown a token; open, until either side ends it; closing, while what it was
 * told last is on its way. Whatever goes wrong is told to it as an error or a close code.
 */
export class Session<I extends Identity = Identity> {
  readonly id: string;
  readonly address: string;
  readonly #ports: SessionPorts<I>;
  readonly #transport: Transport;
  readonly #subscriptions: Subscriptions;
  readonly #outbox: Outbox;
  readonly #bucket: TokenBucket;
  readonly #since: number;
  #state: SessionStatus["state"] = "opening";
  #identity: I | undefined;
  /** The next moment at which time alone changes something, ms since the Unix epoch. */
  #deadline: number;
  #isWarned = false;
  #offences = 0;
  /** Messages that wait for a token to be verified; undefined where none is. */
  #waiting: string[] | undefined;
  #isTouched = false;
  /** What the gateway closed it with. */
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
    const { clock, limits, channels, defaultDatabase } = ports;
    this.#since = clock.now();
    this.#deadline = this.#since + limits.authTimeout;
    this.#outbox = new Outbox(limits.outbox);
    this.#bucket = new TokenBucket(limits.rate, this.#since);
    this.#subscriptions = new Subscriptions({
      channels,
      defaultDatabase,
      limit: limits.subscriptions,
      authorize: (interest, options) => {
        if (this.#identity === undefined) throw new WireError("unauthorized", "no token was shown");
        ports.auth.authorize(this.#identity, interest, options);
      },
      send: (message) => this.#send(message),
      deliver: (messages) => this.#push(messages),
      refuse: (error, id) => this.#answer(error, id),
      forget: (channel) => this.#outbox.forget(channel),
    });
  }

  get identity(): I | undefined {
    return this.#identity;
  }

  get state(): SessionStatus["state"] {
    return this.#state;
  }

  status(): SessionStatus {
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

  // From the client

  /** Takes a token, the first one or one that replaces it. */
  async authenticate(token: string): Promise<void> {
    if (this.#isEnding()) return;
    this.#waiting ??= [];
    try {
      const identity = await this.#ports.auth.verify(token);
      if (this.#isEnding()) return;
      if (this.#ports.auth.isRevoked(identity)) {
        throw new WireError("unauthorized", "the token was revoked; ask for a new one");
      }
      this.#accept(identity);
    } catch (error) {
      this.#rejectToken(error);
    }
    this.#resumeWaiting();
  }

  /** Takes a frame: a message, or several on lines of their own. */
  receive(text: string): void {
    for (const line of text.split("\n")) {
      if (this.#isEnding()) return;
      if (line.trim() === "") continue;
      if (this.#waiting === undefined) this.#receiveOne(line);
      else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(line);
      else this.close(CloseCode.TooMany, "too many messages before the token was verified");
    }
  }

  /** The transport takes more again. */
  drained(): void {
    this.flush();
  }

  /** The transport is gone. */
  disconnected(): void {
    this.#enter("closed");
  }

  // From the gateway

  /** Sends what is queued, as far as the transport takes it. */
  flush(): void {
    this.#isTouched = false;
    if (this.#outbox.isEmpty || !this.#transport.isWritable || this.#state === "closed") return;
    this.#transport.write(this.#outbox.take());
  }

  /** Looks what time has brought; called about every second. */
  tick(now: number): void {
    if (now < this.#deadline || this.#isEnding()) return;
    const identity = this.#identity;
    if (identity === undefined) {
      this.#ports.report.limited("auth_timeout");
      this.close(CloseCode.Unauthorized, "no token came in time");
    } else if (now >= identity.expires) {
      this.close(CloseCode.TokenEnded, "the token expired");
    } else if (!this.#isWarned) {
      this.#isWarned = true;
      this.#deadline = identity.expires;
      this.#send({ type: "expiring", at: identity.expires });
    }
  }

  /** Ends the session if its token was revoked. */
  checkRevoked(): void {
    const identity = this.#identity;
    if (identity === undefined || this.#isEnding() || !this.#ports.auth.isRevoked(identity)) return;
    this.close(CloseCode.TokenEnded, "the token was revoked");
  }

  /** Tells the client that the gateway goes, and when to come back; `close` follows. */
  sayGoodbye(reason: string, reconnect: { readonly min: number; readonly max: number }): void {
    if (!this.#isEnding()) this.#send({ type: "goodbye", reason, reconnect });
  }

  close(code: CloseCode, reason: string): void {
    if (this.#isEnding()) return;
    this.flush();
    this.#closeCode = code;
    this.#enter("closing");
    this.#transport.close(code, reason);
  }

  #isEnding(): boolean {
    return this.#state === "closing" || this.#state === "closed";
  }

  #enter(state: "open" | "closing" | "closed"): void {
    if (this.#state === "closed" || this.#state === state) return;
    const wasEnding = this.#isEnding();
    this.#state = state;
    if (state === "open" || wasEnding) return;
    this.#subscriptions.close();
    this.#waiting = undefined;
    const { clock, report, closed } = this.#ports;
    report.closed(this.#closeCode, clock.now() - this.#since);
    closed(this);
  }

  // Tokens

  #accept(identity: I): void {
    if (this.#identity !== undefined && this.#identity.user !== identity.user) {
      throw new WireError(
        "unauthorized",
        "a connection stays with its user: open another one for the other user",
      );
    }
    if (this.#identity === undefined) this.#ports.admit(this, identity.user);
    this.#identity = identity;
    this.#isWarned = false;
    this.#deadline = identity.expires - EXPIRING_AHEAD;
    this.#enter("open");
    const { limits } = this.#ports;
    this.#send({
      type: "welcome",
      protocol: PROTOCOL_VERSION,
      session: this.id,
      user: identity.user,
      expires: identity.expires,
      heartbeat: limits.heartbeat,
      limits: { subscriptions: limits.subscriptions, message: limits.message },
    });
    this.#subscriptions.review();
  }

  /** The first token must be good; one that does not replace it leaves it as it was. */
  #rejectToken(error: unknown): void {
    if (this.#isEnding()) return;
    this.#answer(error, undefined);
    if (this.#identity !== undefined) return;
    const code = error instanceof WireError ? error.code : "internal";
    if (code === "limit_exceeded") this.close(CloseCode.TooMany, "too many sessions of this user");
    else if (code === "unavailable" || code === "internal") {
      this.close(CloseCode.ServiceRestart, "the token could not be verified just now");
    } else this.close(CloseCode.Unauthorized, "the token is not valid");
  }

  #resumeWaiting(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    // One of them may be a token itself, and then the rest waits again.
    for (const line of waiting) this.receive(line);
  }

  // Messages

  #receiveOne(line: string): void {
    this.#ports.report.received();
    if (!this.#bucket.take(this.#ports.clock.now())) {
      this.#ports.report.limited("message_rate");
      const { perSecond } = this.#ports.limits.rate;
      const error = new WireError(
        "rate_limited",
        `a connection may send ${perSecond} messages a second in the long run; wait`,
      );
      this.#answer(error, idIn(line));
      this.#offend(CloseCode.TooMany, "messages too fast");
      return;
    }
    try {
      this.#handle(parseClientMessage(line));
    } catch (error) {
      this.#answer(error, error instanceof Malformed ? error.id : undefined);
      if (error instanceof Malformed) this.#offend(CloseCode.Malformed, "malformed messages");
    }
  }

  #handle(message: ClientMessage): void {
    if (message.type === "auth") {
      void this.authenticate(message.token);
      return;
    }
    if (this.#identity === undefined) {
      this.#answer(
        new WireError("unauthorized", `the first message must be "auth" with a token`),
        "id" in message ? message.id : undefined,
      );
      this.close(CloseCode.Unauthorized, "no token was shown");
      return;
    }
    switch (message.type) {
      case "ping":
        this.#send({ type: "pong" });
        break;
      case "subscribe":
        this.#subscriptions.subscribe(message);
        break;
      case "unsubscribe":
        this.#unsubscribe(message);
    }
  }

  #unsubscribe({ id, channel }: { readonly id?: number | string; readonly channel: string }): void {
    try {
      this.#subscriptions.unsubscribe(channel);
      this.#send({ type: "unsubscribed", ...(id === undefined ? {} : { id }), channel });
    } catch (error) {
      this.#answer(error, id);
    }
  }

  #offend(code: CloseCode, reason: string): void {
    if (++this.#offences >= MAX_OFFENCES) this.close(code, reason);
  }

  #answer(error: unknown, id: number | string | undefined): void {
    if (this.#isEnding()) return;
    const fault = error instanceof WireError ? error : undefined;
    if (fault === undefined) this.#ports.report.failed(error);
    const code = fault?.code ?? "internal";
    const message = fault?.message ?? "something went wrong in the gateway; try again";
    this.#ports.report.refused(code);
    this.#send({ type: "error", ...(id === undefined ? {} : { id }), code, message });
  }

  // To the client

  #send(message: GatewayMessage): void {
    this.#push(JSON.stringify(message));
  }

  #push(item: string | Messages): void {
    if (this.#isEnding()) return;
    this.#outbox.push(item);
    if (this.#outbox.isOver) this.#relieve();
    if (this.#isTouched) return;
    this.#isTouched = true;
    this.#ports.touch(this);
  }

  /** The outbox is at its bound: the transport takes some, or the policy decides. */
  #relieve(): void {
    this.flush();
    if (!this.#outbox.isOver) return;
    if (this.#ports.limits.slowConsumer === "gap") {
      const before = this.#outbox.dropped;
      this.#outbox.shed();
      this.#ports.report.dropped(this.#outbox.dropped - before);
    }
    // What cannot be dropped must not grow either: answers to a client that reads none of them.
    if (this.#outbox.isOver)
      this.close(CloseCode.SlowConsumer, "it does not read what it asked for");
  }
}

/** The id of a request that is not looked at otherwise, where it is easily had. */
function idIn(line: string): number | string | undefined {
  try {
    const { id } = JSON.parse(line) as { id?: unknown };
    return typeof id === "number" || typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}
