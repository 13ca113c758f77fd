import type { Socket } from "node:net";
import { type Clock, Fifo, type Timer } from "@keywire/shared";
import { type Command, type Reply, ReplyError } from "../ports.js";
import { encode, RespDecoder } from "./resp.js";
import { type Credentials, type Endpoint, openSocket } from "./socket.js";

/** Bytes that the answers to what was sent may have; the rest waits. */
const WINDOW = 16 * 1_024 * 1_024;
/** How long the connection and its handshake may take, ms. */
const CONNECT_TIMEOUT = 3_000;
/** How long a node may owe an answer without sending a byte, ms: then it is given up. */
const SILENCE_TIMEOUT = 2_000;
/** ms between two looks whether it is silent */
const SILENCE_LOOK = 500;
const CLIENT_NAME = "keywire-values";
const BAD_CREDENTIALS = /^(NOAUTH|WRONGPASS|ERR invalid password)/;

/** Commands that are sent together; each is answered or failed exactly once. */
export interface Request {
  readonly db: number;
  readonly commands: readonly Command[];
  /** Bytes that the answers may have. */
  readonly weight: number;
  /** One reply for each command. */
  answered(replies: readonly Reply[]): void;
  failed(error: Error): void;
}

interface Sent {
  readonly request: Request;
  readonly replies: Reply[];
  /** The SELECT that was in force when it was sent. */
  readonly selection: Selection;
}

/** One SELECT: where it failed, what was sent behind it was about another database. */
interface Selection {
  readonly db: number;
  error: ReplyError | undefined;
}

/**
 * One connection to one node, pipelined, for all databases; used until it fails or is closed. By
 * hand, since ioredis takes four to nine times as long for a pipeline of transactions.
 */
export class Lane {
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #decoder = new RespDecoder();
  readonly #ended: (error: Error) => void;
  readonly #queue = new Fifo<Request>();
  readonly #sent = new Fifo<Sent>();
  #state: "connecting" | "open" | "closed" = "connecting";
  #timer: Timer;
  /** When a byte came last, or when something was sent while nothing was owed. */
  #quietSince = 0;
  #weight = 0;
  #selection: Selection = { db: 0, error: undefined };

  /** @param ended told once, when the lane can be used no more and before its requests fail */
  constructor(
    endpoint: Endpoint,
    credentials: Credentials,
    clock: Clock,
    ended: (error: Error) => void,
  ) {
    this.#clock = clock;
    this.#ended = ended;
    this.#timer = clock.after(CONNECT_TIMEOUT, () => {
      this.#end(new Error(`no connection within ${CONNECT_TIMEOUT} ms`));
    });
    this.#socket = openSocket(endpoint, credentials);
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.#end(error));
    this.#socket.on("close", () => this.#end(this.#farewell()));
    this.#socket.once(credentials.tls ? "secureConnect" : "connect", () => {
      this.#shakeHands(credentials);
    });
  }

  get isIdle(): boolean {
    return this.#queue.length + this.#sent.length === 0;
  }

  /** Queues a request; `flush` sends it. */
  add(request: Request): void {
    this.#queue.push(request);
  }

  /** Sends what waits and fits, in one write. */
  flush(): void {
    if (this.#state !== "open") return;
    let text = "";
    for (let next = this.#queue.peek(); next !== undefined; next = this.#queue.peek()) {
      if (this.#weight > 0 && this.#weight + next.weight > WINDOW) break;
      this.#queue.shift();
      text += this.#send(next);
    }
    if (text !== "") this.#socket.write(text, "latin1");
  }

  close(): void {
    this.#end(new Error("the connection was closed"));
  }

  // Beginning

  #shakeHands({ username, password }: Credentials): void {
    const auth = password === undefined ? [] : [authentication(username, password)];
    const commands: Command[] = [
      ...auth,
      ["CLIENT", "SETNAME", CLIENT_NAME],
      // Reading for display must not make a key look used to the server's eviction (Redis 7.2).
      ["CLIENT", "NO-TOUCH", "ON"],
      // Refused where a password is needed and there is none.
      ["PING"],
    ];
    const answered = (replies: readonly Reply[]) => this.#begin(replies);
    const request = { db: 0, commands, weight: 0, answered, failed: () => {} };
    this.#socket.write(this.#send(request), "latin1");
  }

  #begin(replies: readonly Reply[]): void {
    const refusal = replies.find(
      (reply) => reply instanceof ReplyError && BAD_CREDENTIALS.test(reply.message),
    );
    if (refusal instanceof ReplyError) {
      this.#end(refusal);
      return;
    }
    this.#state = "open";
    this.#timer.cancel();
    this.#watch();
    this.flush();
  }

  // Sending

  #send(request: Request): string {
    if (this.#sent.length === 0) this.#quietSince = this.#clock.now();
    const select = this.#selection.db === request.db ? "" : this.#select(request.db);
    this.#weight += request.weight;
    this.#sent.push({ request, replies: [], selection: this.#selection });
    return select + encode(request.commands);
  }

  #select(db: number): string {
    const selection: Selection = { db, error: undefined };
    const answered = ([reply]: readonly Reply[]) => {
      if (!(reply instanceof ReplyError)) return;
      selection.error = reply;
      // The server stayed where it was: nothing is sent before it has been told again.
      if (this.#selection === selection) this.#selection = { db: Number.NaN, error: undefined };
    };
    const commands: Command[] = [["SELECT", String(db)]];
    const request = { db, commands, weight: 0, answered, failed: () => {} };
    this.#sent.push({ request, replies: [], selection: { db, error: undefined } });
    this.#selection = selection;
    return encode(commands);
  }

  // Receiving

  #receive(chunk: Buffer): void {
    this.#quietSince = this.#clock.now();
    try {
      this.#decoder.push(chunk, (reply) => this.#reply(reply));
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
    if (this.#queue.length > 0) this.flush();
  }

  #reply(reply: Reply): void {
    if (this.#state === "closed") return;
    const sent = this.#sent.peek();
    if (sent === undefined) throw new Error("the node answered what nobody asked");
    const { request, replies, selection } = sent;
    replies.push(reply);
    if (replies.length < request.commands.length) return;
    this.#sent.shift();
    this.#weight -= request.weight;
    if (selection.error === undefined) request.answered(replies);
    else request.failed(selection.error);
  }

  // Ending

  /** A node that has as many clients as it takes says so before it closes; it may have room later. */
  #farewell(): Error {
    const [first] = this.#state === "connecting" ? (this.#sent.peek()?.replies ?? []) : [];
    if (first instanceof ReplyError) return new Error(first.message, { cause: first });
    return new Error("the node closed the connection");
  }

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
    this.#state = "closed";
    this.#timer.cancel();
    this.#socket.destroy();
    const requests = [...this.#sent.drain().map(({ request }) => request), ...this.#queue.drain()];
    this.#ended(error);
    for (const request of requests) request.failed(error);
  }
}

function authentication(username: string | undefined, password: string): Command {
  return username === undefined ? ["AUTH", password] : ["AUTH", username, password];
}
