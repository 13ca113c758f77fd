/**
 * All that one client says: messages in lines, as fast as they may come, one after the other.
 *
 * While a token is verified, messages wait: what stands behind an `auth` is meant under its token.
 *
 * Bounds: how fast messages come (a client that goes on too fast is given up), how many of them may
 * be malformed, and how much may wait.
 */

import { type ClientMessage, type Clock, CloseCode, WireError } from "@keywire/shared";
import { glanceAt, Malformed, parseClientMessage, type RequestId } from "./client-message.js";
import type { SessionReport } from "./ports.js";
import { type Rate, TokenBucket } from "./rate.js";

/** Malformed messages after which a connection is closed. */
const MAX_MALFORMED = 10;
/** Bytes of messages that may wait while a token is verified. */
const MAX_HELD_BYTES = 256 * 1_024;

/** What all inboxes share. */
export interface InboxPorts {
  readonly clock: Clock;
  readonly report: SessionReport;
  readonly limits: {
    readonly rate: Rate;
    /** Bytes of one message. */
    readonly message: number;
  };
}

/** Whose inbox it is. */
export interface InboxOwner {
  /** @throws WireError which the client is told */
  handle(message: ClientMessage): void;
  refuse(error: unknown, id: RequestId | undefined): void;
  /** Gives the client up, telling it why. */
  end(code: CloseCode, error: WireError): void;
  /** Gives up a client that has been told why. */
  close(code: CloseCode, reason: string): void;
}

type State =
  | { readonly name: "open" }
  | { readonly name: "holding"; readonly lines: string[] }
  | { readonly name: "closed" };

export class Inbox {
  readonly #ports: InboxPorts;
  readonly #owner: InboxOwner;
  readonly #bucket: TokenBucket;
  #state: State = OPEN;
  #malformed = 0;

  constructor(ports: InboxPorts, owner: InboxOwner) {
    this.#ports = ports;
    this.#owner = owner;
    this.#bucket = new TokenBucket(ports.limits.rate, ports.clock.now());
  }

  /** Takes a frame: a message, or several on lines of their own. */
  receive(text: string): void {
    const lines = text.split("\n");
    for (const line of lines) {
      if (this.#state.name === "closed") return;
      if (line.trim() !== "" || lines.length === 1) this.#receiveOne(line);
    }
  }

  /** From now on messages wait. */
  hold(): void {
    if (this.#state.name === "open") this.#state = { name: "holding", lines: [] };
  }

  /** Takes up what waited; behind a message that has others wait again, they do. */
  release(): void {
    if (this.#state.name !== "holding") return;
    const { lines } = this.#state;
    this.#state = OPEN;
    for (const line of lines) this.#take(line);
  }

  close(): void {
    this.#state = CLOSED;
  }

  #receiveOne(line: string): void {
    const { clock, report } = this.#ports;
    report.received();
    const drawn = this.#bucket.draw(clock.now());
    if (drawn !== "taken" && !this.#mayStill(line, drawn)) return;
    if (this.#state.name === "holding") this.#keep(this.#state.lines, line);
    else this.#take(line);
  }

  #take(line: string): void {
    switch (this.#state.name) {
      case "closed":
        break;
      case "holding":
        this.#state.lines.push(line);
        break;
      case "open":
        this.#handle(line);
    }
  }

  #handle(line: string): void {
    try {
      this.#owner.handle(parseClientMessage(line));
    } catch (error) {
      this.#owner.refuse(error, error instanceof Malformed ? error.id : undefined);
      if (error instanceof Malformed) this.#countMalformed();
    }
  }

  #countMalformed(): void {
    this.#malformed += 1;
    if (this.#malformed < MAX_MALFORMED) return;
    this.#owner.close(CloseCode.Malformed, `${MAX_MALFORMED} messages were malformed`);
  }

  /** Refuses what comes too fast; true where it is taken all the same. */
  #mayStill(line: string, drawn: "owed" | "overdrawn"): boolean {
    const { type, id } = glanceAt(line);
    // A client that leaves a channel knows nothing of it any more: it would be sent it for ever.
    if (drawn === "owed" && type === "unsubscribe") return true;
    const { perSecond, burst } = this.#ports.limits.rate;
    const error = new WireError(
      "rate_limited",
      `a connection may send ${perSecond} messages a second, ${burst} at once; wait`,
    );
    this.#ports.report.limited("message_rate");
    if (drawn === "owed") this.#owner.refuse(error, id);
    else this.#owner.end(CloseCode.TooMany, error);
    return false;
  }

  #keep(lines: string[], line: string): void {
    const most = Math.max(MAX_HELD_BYTES, this.#ports.limits.message);
    if (lines.reduce((sum, { length }) => sum + length, line.length) <= most) {
      lines.push(line);
      return;
    }
    this.#ports.report.limited("message_rate");
    const sentence = "too much came before the token was verified; wait for the welcome";
    this.#owner.end(CloseCode.TooMany, new WireError("rate_limited", sentence));
  }
}

const OPEN: State = { name: "open" };
const CLOSED: State = { name: "closed" };
