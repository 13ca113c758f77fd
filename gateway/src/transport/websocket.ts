/**
 * A session's messages over one WebSocket.
 *
 * `ws` speaks the protocol; messages go past it, straight to the socket, as frames that all who get
 * a batch share. That is sound because nothing else is in the middle of a frame: `ws` writes each of
 * its own (pongs, the close) whole, and nothing is compressed or fragmented.
 *
 * States: `open`, `closing` (the closing handshake has begun; nothing is sent any more), `gone`. A
 * client that does not answer the handshake is cut off by `ws` after `CLOSE_TIMEOUT`.
 *
 * Bound: once the socket holds more than its high-water mark, the session is told to wait.
 */

import type { Duplex } from "node:stream";
import { CloseCode } from "@keywire/shared";
import { WebSocket } from "ws";
import { frameLength, PING_FRAME, putTextFrame, textFrame } from "./frame.js";
import type { Heartbeat, Living } from "./heartbeat.js";
import type { Client, Encoder, Outgoing, Transport } from "./ports.js";
import { descriptorOf, writeFirst, writeThrough } from "./write-through.js";

/** ms a client has to answer the closing handshake. */
export const CLOSE_TIMEOUT = 2_000;
/** A close frame holds this many bytes of UTF-8 at the most (RFC 6455, 5.5). */
const MAX_REASON_BYTES = 123;

/**
 * Where frames that one client alone gets are put together, all of a turn one behind the other: the kernel
 * takes them from there at once, and they need no memory of their own.
 */
const DESK = Buffer.allocUnsafeSlow(64 * 1_024);

const FRAMES: Encoder = { encode: ({ text, bytes }) => textFrame(text, bytes) };

/** A `ws` connection that knows its transport, so that all connections share their listeners. */
export class Peer extends WebSocket {
  transport: WebSocketTransport | undefined;

  /** `ws` calls it too, when the client begins to close or breaks the protocol. */
  override close(code?: number, reason?: string): void {
    this.transport?.closing();
    super.close(code, reason);
  }
}

export class WebSocketTransport implements Transport, Living {
  #state: "open" | "closing" | "gone" = "open";
  readonly #socket: Duplex;
  readonly #descriptor: number | undefined;
  readonly kind = "websocket";
  readonly #peer: Peer;
  readonly #heartbeat: Heartbeat<WebSocketTransport>;
  #client: Client | undefined;

  constructor(peer: Peer, socket: Duplex, heartbeat: Heartbeat<WebSocketTransport>) {
    this.#peer = peer;
    peer.transport = this;
    this.#socket = socket;
    this.#descriptor = descriptorOf(socket);
    this.#heartbeat = heartbeat;
  }

  /** Connects it to its session: from here on messages are received. */
  attach(client: Client): void {
    this.#client = client;
    this.#peer.on("message", onMessage);
    this.#peer.on("pong", onPong);
    this.#peer.on("error", onError);
    this.#peer.on("close", onClose);
    if (this.#state === "open") this.#heartbeat.add(this);
  }

  lookAhead(): number {
    return this.#socket.writableLength;
  }

  send(items: readonly Outgoing[]): boolean {
    // What comes behind a close frame is lost, whoever sent it first.
    if (this.#state !== "open") return true;
    const [socket, descriptor] = [this.#socket, this.#descriptor];
    const length = descriptor === undefined ? 0 : putOnDesk(items);
    if (descriptor === undefined || length === 0) {
      writeThrough(socket, descriptor, items.map(frameOf));
    } else if (writeFirst(socket, descriptor, DESK, length)) return true;
    // Of one that ends nothing is to be waited for.
    if (socket.writableLength < socket.writableHighWaterMark || !socket.writable) return true;
    socket.once("drain", () => this.#client?.drained());
    return false;
  }

  get buffered(): number {
    return this.#socket.writableLength;
  }

  close(code: CloseCode, reason: string): void {
    if (this.#state !== "open") return;
    this.#peer.close(code, cut(reason));
    // The client has sent its end without a closing handshake, and there is none to wait for any more.
    if (this.#socket.writableEnded) this.#peer.terminate();
  }

  // Of the heartbeat

  ping(): void {
    if (this.#peer.readyState === WebSocket.OPEN) this.#socket.write(PING_FRAME);
  }

  missed(): void {
    this.#client?.close(CloseCode.HeartbeatMissed, "nothing came back to a ping");
  }

  // Of the peer

  /** The closing handshake begins. */
  closing(): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#heartbeat.remove(this);
  }

  message(data: Buffer, isBinary: boolean): void {
    this.#heartbeat.heard(this);
    if (!isBinary) this.#client?.receive(data.toString());
    else this.#client?.close(CloseCode.BinaryFrame, "messages are text frames of JSON");
  }

  heard(): void {
    this.#heartbeat.heard(this);
  }

  /** What the client sent is no WebSocket: `ws` has begun to close already. */
  broken(code: CloseCode | undefined): void {
    // Other faults have close codes that are `ws`' business alone.
    if (code !== undefined) this.#client?.close(code, "");
  }

  gone(): void {
    this.#state = "gone";
    this.#heartbeat.remove(this);
    this.#client?.disconnected();
  }
}

function onMessage(this: WebSocket, data: unknown, isBinary: boolean): void {
  // The default `binaryType`, which nobody changes.
  if (isPeer(this) && Buffer.isBuffer(data)) this.transport?.message(data, isBinary);
}

function onPong(this: WebSocket): void {
  if (isPeer(this)) this.transport?.heard();
}

function onError(this: WebSocket, error: Error & { readonly code?: unknown }): void {
  if (isPeer(this)) this.transport?.broken(closeCodeOf(error.code));
}

function onClose(this: WebSocket): void {
  if (isPeer(this)) this.transport?.gone();
}

function isPeer(socket: WebSocket): socket is Peer {
  return socket instanceof Peer;
}

function closeCodeOf(code: unknown): CloseCode | undefined {
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return CloseCode.MessageTooBig;
  if (code === "WS_ERR_INVALID_UTF8") return CloseCode.InvalidUtf8;
  return undefined;
}

/** @returns how many bytes they take there; 0 where some are shared with others, or they are too many */
function putOnDesk(items: readonly Outgoing[]): number {
  let end = 0;
  for (const item of items) {
    if ("entries" in item && item.isShared) return 0;
    if (end + frameLength(item.bytes) > DESK.length) return 0;
    end = putTextFrame(DESK, end, item.text, item.bytes);
  }
  return end;
}

function frameOf(item: Outgoing): Uint8Array {
  return "entries" in item ? item.encoded(FRAMES) : textFrame(item.text, item.bytes);
}

/** A reason as a close frame can hold it. */
export function cut(reason: string): string {
  if (Buffer.byteLength(reason) <= MAX_REASON_BYTES) return reason;
  const cutOff = Buffer.from(reason).subarray(0, MAX_REASON_BYTES - 3);
  // Streaming, the decoder keeps back a character that was cut in two.
  return `${new TextDecoder().decode(cutOff, { stream: true })}…`;
}
