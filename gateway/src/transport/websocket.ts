import type { Duplex } from "node:stream";
import { type Clock, CloseCode } from "@keywire/shared";
import type { WebSocket } from "ws";
import { textFrame } from "./frame.js";
import type { Client, Encoder, Messages, Transport } from "./ports.js";

/** Frames what many connections send, once for all of them. */
const FRAMES: Encoder = { encode: ({ text }) => textFrame(text) };
/** ms a client has to answer the closing handshake. */
const CLOSE_TIMEOUT = 2_000;

export interface Heartbeat {
  /** ms between two pings. */
  readonly interval: number;
  /** ms within which something must come back. */
  readonly timeout: number;
}

/**
 * A session's messages over one WebSocket.
 *
 * `ws` speaks the protocol; messages go past it, straight to the socket, as frames that everybody
 * who gets the batch shares. That is sound because nothing else is in the middle of a frame: `ws`
 * writes each of its own (pings, the close) whole, and nothing is compressed or fragmented.
 */
export class WebSocketTransport implements Transport {
  readonly kind = "websocket";
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  readonly #heartbeat: Heartbeat;
  readonly #clock: Clock;
  #client: Client | undefined;
  #state: "open" | "blocked" | "closing" = "open";
  /** When something last came from the client, and when it was last asked for a sign of life. */
  #heardAt: number;
  #askedAt: number;

  constructor(ws: WebSocket, socket: Duplex, heartbeat: Heartbeat, clock: Clock) {
    this.#ws = ws;
    this.#socket = socket;
    this.#heartbeat = heartbeat;
    this.#clock = clock;
    this.#heardAt = clock.now();
    this.#askedAt = this.#heardAt;
  }

  /** Connects it to its session: from here on frames are received. */
  attach(client: Client): void {
    this.#client = client;
    const ws = this.#ws;
    ws.on("message", (data: Buffer, isBinary: boolean) => {
      this.#heardAt = this.#clock.now();
      if (isBinary) this.close(CloseCode.BinaryFrame, "messages are text frames of JSON");
      else client.receive(data.toString());
    });
    ws.on("pong", () => {
      this.#heardAt = this.#clock.now();
    });
    // `ws` closes with the fitting code (1002, 1007, 1009) and then tells of the end.
    ws.on("error", () => {});
    ws.on("close", () => client.disconnected());
    this.#socket.on("drain", () => this.#drained());
  }

  write(items: readonly (string | Messages)[]): void {
    const [only] = items;
    if (items.length === 1 && only !== undefined) {
      this.#writeFrame(frameOf(only));
      return;
    }
    this.#socket.cork();
    for (const item of items) this.#writeFrame(frameOf(item));
    this.#socket.uncork();
  }

  get isWritable(): boolean {
    return this.#state === "open";
  }

  get buffered(): number {
    return this.#socket.writableLength;
  }

  close(code: CloseCode, reason: string): void {
    if (this.#state === "closing") return;
    this.#state = "closing";
    this.#ws.close(code, reason);
    // A client that reads nothing would never answer, and keep its socket.
    const timer = this.#clock.after(CLOSE_TIMEOUT, () => this.#ws.terminate());
    this.#ws.once("close", () => timer.cancel());
  }

  /** Asks for a sign of life where it is time, and gives up where none came. */
  beat(now: number): void {
    if (this.#state === "closing") return;
    const { interval, timeout } = this.#heartbeat;
    const isWaiting = this.#askedAt > this.#heardAt;
    if (isWaiting && now - this.#askedAt >= timeout) {
      this.close(CloseCode.HeartbeatMissed, "no answer to a ping");
    } else if (!isWaiting && now - this.#askedAt >= interval) {
      this.#askedAt = now;
      this.#ws.ping();
    }
  }

  #writeFrame(frame: Uint8Array): void {
    if (this.#socket.destroyed) return;
    if (!this.#socket.write(frame) && this.#state === "open") this.#state = "blocked";
  }

  #drained(): void {
    if (this.#state !== "blocked") return;
    this.#state = "open";
    this.#client?.drained();
  }
}

function frameOf(item: string | Messages): Uint8Array {
  return typeof item === "string" ? textFrame(item) : item.encoded(FRAMES);
}
