import type {
  ClientMessage,
  Clock,
  GatewayMessage,
  GoodbyeMessage,
  SubscribeMessage,
  Timer,
} from "@keywire/shared";
import { KeywireError } from "./errors.js";
import { ABNORMAL_CLOSURE, type Link, type Transport } from "./transport.js";
import { Watchdog } from "./watchdog.js";

/** ms that the application's `token()` may take; it may have to ask its user. */
export const TOKEN_TIMEOUT_MS = 30_000;
/** ms from opening a link to the gateway's welcome: enough for four slow round trips. */
export const WELCOME_TIMEOUT_MS = 8_000;
/**
 * ms from one renewal on a connection to the next: a gateway answers a token that is short-lived, or the
 * same one as before, by saying at once that it expires.
 */
export const RENEWAL_PAUSE_MS = 5_000;
/** Stands for a close code where the application gave no token. */
export const NO_TOKEN = 0;

/** How a session ended. */
export interface SessionEnd {
  /** The WebSocket close code; 1006 where there was none, `NO_TOKEN` where nothing was opened. */
  readonly code: number;
  readonly reason: string;
  /** ms between the welcome and the end; undefined where there was no welcome. */
  readonly openFor: number | undefined;
  readonly goodbye: GoodbyeMessage | undefined;
}

/** What a session needs of the client. */
export interface SessionPort {
  readonly clock: Clock;
  token(): Promise<string | undefined>;
  readonly channels: { requests(): SubscribeMessage[] };
  receive(message: GatewayMessage): void;
  error(error: KeywireError): void;
}

/** Whose session it is. */
export interface SessionOwner {
  /** The gateway accepted the token; not called for a replaced one. */
  opened(session: Session): void;
  /** Told once, unless the session was closed. */
  ended(end: SessionEnd): void;
}

/** One connection from token to end: authenticates, keeps alive, and never comes back. */
export class Session {
  readonly #port: SessionPort;
  readonly #owner: SessionOwner;
  readonly #transport: Transport;
  #stage: "token" | "opening" | "open" | "ended" = "token";
  #deadline: Timer | undefined;
  #link: Link | undefined;
  #watchdog: Watchdog | undefined;
  /** The token in use is near its end. */
  #isExpiring = false;
  /** A token is asked for, or was just now. */
  #renews = false;
  #openedAt: number | undefined;
  #goodbye: GoodbyeMessage | undefined;

  constructor(port: SessionPort, owner: SessionOwner, transport: Transport) {
    this.#port = port;
    this.#owner = owner;
    this.#transport = transport;
  }

  /** Begins; kept out of the constructor so that nothing is told before the owner holds it. */
  async start(): Promise<void> {
    this.#within(TOKEN_TIMEOUT_MS, () => this.#noToken("not in time"));
    try {
      const token = await this.#port.token();
      if (this.#stage === "token") this.#open(token);
    } catch (error) {
      if (this.#stage === "token") this.#noToken(error);
    }
  }

  /** Sends, where it is open. */
  send(message: ClientMessage): void {
    if (this.#stage === "open") this.#link?.send(message);
  }

  /** Looks whether the gateway still answers; a stream, which cannot be asked, says so itself in a while. */
  probe(): void {
    if (!this.#transport.needsChannels) this.#watchdog?.probe();
  }

  close(): void {
    this.#stage = "ended";
    this.#deadline?.cancel();
    this.#watchdog?.stop();
    this.#link?.close();
  }

  #open(token: string | undefined): void {
    this.#stage = "opening";
    this.#within(WELCOME_TIMEOUT_MS, () => this.#end("no welcome in time"));
    try {
      this.#link = this.#transport.open(token, {
        frame: (text) => this.#frame(text),
        closed: (code, reason) => this.#end(`${reason || "connection closed"} (${code})`, code),
        requests: () => this.#port.channels.requests(),
      });
    } catch (error) {
      this.#end(String(error));
    }
  }

  #frame(text: string): void {
    for (const line of text.split("\n")) {
      if (this.#stage === "ended") return;
      this.#watchdog?.heard();
      if (line !== "") this.#line(line);
    }
  }

  #line(line: string): void {
    let message: GatewayMessage | undefined;
    try {
      message = JSON.parse(line);
    } catch {
      // What is not JSON has no type either.
    }
    if (typeof message?.type !== "string") {
      const what = `the gateway sent ${JSON.stringify(line.slice(0, 40))}`;
      this.#port.error(new KeywireError("bad_message", what));
      this.#end(what);
      return;
    }
    if (message.type === "welcome") this.#welcome(message.heartbeat);
    else if (message.type === "goodbye") this.#goodbye = message;
    else if (message.type === "expiring") this.#expiring();
    // Whoever heard of the welcome may have closed the connection at once.
    if (this.#stage !== "ended") this.#port.receive(message);
  }

  #welcome(heartbeat: number): void {
    if (this.#stage !== "opening") return;
    this.#stage = "open";
    this.#deadline?.cancel();
    const { clock } = this.#port;
    this.#openedAt = clock.now();
    const ping = () => this.send({ type: "ping" });
    const silent = () => this.#end("the gateway stopped answering");
    this.#watchdog = new Watchdog({ clock, ping, silent }, heartbeat);
    this.#owner.opened(this);
  }

  #expiring(): void {
    if (this.#stage !== "open") return;
    this.#isExpiring = true;
    if (!this.#renews) void this.#renew();
  }

  /** A new token for the connection as it stands; where none comes, expiry ends the session. */
  async #renew(): Promise<void> {
    this.#renews = true;
    try {
      const token = await this.#port.token();
      this.#isExpiring = false;
      if (token !== undefined) this.send({ type: "auth", token });
    } catch (error) {
      if (this.#stage === "open") this.#port.error(tokenError(error));
    }
    if (this.#stage === "open") this.#within(RENEWAL_PAUSE_MS, () => this.#renewed());
  }

  #renewed(): void {
    this.#renews = false;
    if (this.#isExpiring) this.#expiring();
  }

  #noToken(cause: unknown): void {
    const error = tokenError(cause);
    this.#port.error(error);
    this.#end(error.message, NO_TOKEN);
  }

  #within(ms: number, late: () => void): void {
    this.#deadline?.cancel();
    this.#deadline = this.#port.clock.after(ms, late);
  }

  #end(reason: string, code = ABNORMAL_CLOSURE): void {
    if (this.#stage === "ended") return;
    this.close();
    this.#owner.ended({
      code,
      reason,
      openFor: this.#openedAt && this.#port.clock.now() - this.#openedAt,
      goodbye: this.#goodbye,
    });
  }
}

function tokenError(cause: unknown): KeywireError {
  return new KeywireError("token_failed", `token() gave no token: ${cause}`, undefined, cause);
}
