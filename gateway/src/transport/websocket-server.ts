import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  BEARER_SUBPROTOCOL,
  type Clock,
  CloseCode,
  SUBPROTOCOL,
  type Timer,
  WireError,
} from "@keywire/shared";
import { type WebSocket, WebSocketServer } from "ws";
import type { Door } from "./ports.js";
import { bearerToken, type OriginPolicy } from "./request.js";
import { type Heartbeat, WebSocketTransport } from "./websocket.js";

/** ms between two rounds of looking whose heartbeat is due: one timer for all connections. */
const BEAT = 1_000;

export interface WebSocketOptions {
  readonly clock: Clock;
  readonly door: Door;
  readonly origins: OriginPolicy;
  readonly heartbeat: Heartbeat;
  /** Bytes of one message. */
  readonly maxMessage: number;
  readonly addressOf: (request: IncomingMessage) => string;
  /** Told of each connection that was turned away, with its close code. */
  readonly refused: (code: CloseCode) => void;
}

/** Takes upgrade requests, and makes each a session or a close code that a browser can read. */
export class WebSocketDoor {
  readonly #options: WebSocketOptions;
  readonly #server: WebSocketServer;
  readonly #transports = new Set<WebSocketTransport>();
  #timer: Timer | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(options: WebSocketOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.maxMessage,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
  }

  start(): void {
    this.#timer = this.#options.clock.after(BEAT, () => this.#beat());
  }

  /** Answers an upgrade request for the WebSocket's address. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#connected(ws, request, socket));
  }

  /** Resolves when all connections are gone, or after `within` ms. */
  emptied(within: number): Promise<void> {
    if (this.#transports.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(within, resolve);
      this.#onEmpty = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#server.close();
  }

  #connected(ws: WebSocket, request: IncomingMessage, socket: Duplex): void {
    const { clock, door, origins, heartbeat, addressOf } = this.#options;
    if (!origins.allows(request)) {
      this.#turnAway(ws, CloseCode.Forbidden, "pages of this origin may not connect");
      return;
    }
    const transport = new WebSocketTransport(ws, socket, heartbeat, clock);
    try {
      const client = door.open(transport, addressOf(request));
      transport.attach(client);
      this.#transports.add(transport);
      ws.once("close", () => this.#gone(transport));
      const token = tokenOf(request);
      if (token !== undefined) void client.authenticate(token);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const isLeaving = error.code === "unavailable";
      this.#turnAway(ws, isLeaving ? CloseCode.ServiceRestart : CloseCode.TooMany, error.message);
    }
  }

  #gone(transport: WebSocketTransport): void {
    this.#transports.delete(transport);
    if (this.#transports.size === 0) this.#onEmpty?.();
  }

  #turnAway(ws: WebSocket, code: CloseCode, reason: string): void {
    this.#options.refused(code);
    ws.on("error", () => {});
    ws.close(code, reason);
    const timer = this.#options.clock.after(1_000, () => ws.terminate());
    ws.once("close", () => timer.cancel());
  }

  #beat(): void {
    const now = this.#options.clock.now();
    for (const transport of [...this.#transports]) transport.beat(now);
    this.#timer = this.#options.clock.after(BEAT, () => this.#beat());
  }
}

/** The token that came with the upgrade: in its header, or as a second subprotocol. */
function tokenOf(request: IncomingMessage): string | undefined {
  const bearer = bearerToken(request);
  if (bearer !== undefined) return bearer;
  const offered = request.headers["sec-websocket-protocol"]?.split(",") ?? [];
  const carrier = offered
    .map((name) => name.trim())
    .find((name) => name.startsWith(BEARER_SUBPROTOCOL));
  return carrier?.slice(BEARER_SUBPROTOCOL.length);
}
