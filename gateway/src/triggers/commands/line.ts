import type { Socket } from "node:net";
import type { Clock, Timer } from "@keywire/shared";
import type { Credentials, Endpoint } from "./ports.js";
import { errorIn } from "./reply.js";
import { ReplyScanner } from "./reply-scanner.js";
import { descriptorOf, openSocket } from "./socket.js";

/** How long the connection, and then its handshake, may take, ms. */
const CONNECT_TIMEOUT = 2_000;
/** ms for a last look: a thread that was busy may not have seen yet what came meanwhile. */
const LAST_LOOK = 500;
/** How long a node may owe an answer without sending a byte, ms: then it is given up. */
export const SILENCE_TIMEOUT = 5_000;
/** ms between two looks whether it is silent */
const SILENCE_LOOK = 500;
const CLIENT_NAME = "keywire-triggers";
export const CLOSED = "the node closed the connection";
export const UNASKED = "the node answered what nobody asked";

/** Commands that are sent together; answered or failed exactly once. */
export interface Request {
  /** As they are sent. */
  readonly bytes: string | Buffer;
  /** How many replies they get. */
  readonly replies: number;
  answered(replies: readonly Buffer[]): void;
  /** @param isSent whether the node may have executed them */
  failed(error: Error, isSent: boolean): void;
}

/** The node refuses us: trying again will not help. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/**
 * One connection to one node and one of its databases, pipelined, under RESP3; used until it fails or
 * is closed. One for each database: a SELECT that is refused must not have the next command executed
 * in the wrong one.
 */
export class Line {
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #scanner = new ReplyScanner();
  readonly #ended: (error: Error, wasOpen: boolean) => void;
  #queue: Request[] = [];
  readonly #sent: Request[] = [];
  #replies: Buffer[] = [];
  #state: "connecting" | "open" | "closed" = "connecting";
  #isFlushDue = false;
  #timer: Timer;
  /** When a byte came last, or when something was sent while nothing was owed. */
  #quietSince = 0;

  /**
   * @param ended told once, when the line can be used no more and before its requests fail; and
   *   whether it was open before
   */
  constructor(
    endpoint: Endpoint,
    db: number,
    credentials: Credentials,
    clock: Clock,
    ended: (error: Error, wasOpen: boolean) => void,
  ) {
    this.#clock = clock;
    this.#ended = ended;
    this.#timer = this.#await("no connection");
    this.#socket = openSocket(endpoint, credentials);
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.#end(error));
    this.#socket.on("close", () => this.#end(new Error(CLOSED)));
    this.#socket.once(credentials.tls ? "secureConnect" : "connect", () => {
      this.#shakeHands(credentials, db);
    });
  }

  get isIdle(): boolean {
    return this.#queue.length + this.#sent.length === 0;
  }

  /** Of the socket, for whoever asks and hears the answer in one go; undefined where that cannot be. */
  get descriptor(): number | undefined {
    return this.#state === "open" && this.isIdle ? descriptorOf(this.#socket) : undefined;
  }

  /** What is sent in one turn of the event loop leaves together. */
  send(request: Request): void {
    this.#queue.push(request);
    if (this.#isFlushDue || this.#state !== "open") return;
    this.#isFlushDue = true;
    process.nextTick(() => this.#flush());
  }

  close(): void {
    this.#end(new Error("the gateway is closing"));
  }

  // Beginning

  #await(what: string): Timer {
    const late = () => this.#end(new Error(`${what} within ${CONNECT_TIMEOUT + LAST_LOOK} ms`));
    return this.#clock.after(CONNECT_TIMEOUT, () => {
      this.#timer = this.#clock.after(LAST_LOOK, late);
    });
  }

  #shakeHands({ username = "default", password }: Credentials, db: number): void {
    this.#timer.cancel();
    this.#timer = this.#await("no answer to HELLO");
    const auth = password === undefined ? [] : ["AUTH", username, password];
    const commands = [
      ["HELLO", "3", ...auth, "SETNAME", CLIENT_NAME],
      ["SELECT", String(db)],
    ];
    this.#write({
      bytes: encode(commands),
      replies: commands.length,
      answered: (replies) => this.#begin(replies),
      failed: () => {},
    });
  }

  #begin(replies: readonly Buffer[]): void {
    const refusal = replies.map(errorIn).find((error) => error !== undefined);
    if (refusal !== undefined) {
      this.#end(new Refusal(refusal));
      return;
    }
    this.#state = "open";
    this.#timer.cancel();
    this.#watch();
    this.#flush();
  }

  // Sending and receiving

  #flush(): void {
    this.#isFlushDue = false;
    if (this.#state !== "open" || this.#queue.length === 0) return;
    const requests = this.#queue;
    this.#queue = [];
    if (requests.length > 1) this.#socket.cork();
    for (const request of requests) this.#write(request);
    if (requests.length > 1) this.#socket.uncork();
  }

  #write(request: Request): void {
    if (this.#sent.length === 0) this.#quietSince = this.#clock.now();
    this.#sent.push(request);
    if (typeof request.bytes === "string") this.#socket.write(request.bytes, "latin1");
    else this.#socket.write(request.bytes);
  }

  #receive(chunk: Buffer): void {
    this.#quietSince = this.#clock.now();
    try {
      this.#scanner.push(chunk, (reply) => this.#reply(reply));
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #reply(reply: Buffer): void {
    if (this.#state === "closed") return;
    const request = this.#sent[0];
    if (request === undefined) throw new Error(UNASKED);
    this.#replies.push(reply);
    if (this.#replies.length < request.replies) return;
    const replies = this.#replies;
    this.#replies = [];
    this.#sent.shift();
    request.answered(replies);
  }

  // Ending

  #watch(): void {
    this.#timer = this.#clock.after(SILENCE_LOOK, () => {
      const silence = this.#clock.now() - this.#quietSince;
      if (this.#sent.length > 0 && silence >= SILENCE_TIMEOUT) {
        this.#end(new Error(`the node owes an answer and has been silent for ${silence} ms`));
      } else {
        this.#watch();
      }
    });
  }

  #end(error: Error): void {
    if (this.#state === "closed") return;
    const wasOpen = this.#state === "open";
    this.#state = "closed";
    this.#timer.cancel();
    this.#socket.destroy();
    const [sent, queued] = [this.#sent.splice(0), this.#queue];
    this.#queue = [];
    this.#ended(error, wasOpen);
    for (const request of sent) request.failed(error, true);
    for (const request of queued) request.failed(error, false);
  }
}

/** Commands in RESP, as a string of which each character is one byte (latin1). */
export function encode(commands: readonly (readonly (string | Uint8Array)[])[]): string {
  let text = "";
  for (const words of commands) {
    text += `*${words.length}\r\n`;
    for (const word of words) {
      const bytes = latin1(word);
      text += `$${bytes.length}\r\n${bytes}\r\n`;
    }
  }
  return text;
}

function latin1(word: string | Uint8Array): string {
  if (typeof word !== "string") {
    return Buffer.from(word.buffer, word.byteOffset, word.length).toString("latin1");
  }
  // Most words are ASCII, which is the same in both.
  return Buffer.byteLength(word) === word.length ? word : Buffer.from(word).toString("latin1");
}
