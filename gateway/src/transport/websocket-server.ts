import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { BEARER_SUBPROTOCOL, type Clock, CloseCode, SUBPROTOCOL, WireError } from "@keywire/shared";
import { WebSocketServer } from "ws";
import { Heartbeat } from "./heartbeat.js";
import type { Door } from "./ports.js";
import { bearerToken, type OriginPolicy } from "./request.js";
import { CLOSE_TIMEOUT, cut, Peer, WebSocketTransport } from "./websocket.js";

export interface WebSocketOptions {
  readonly clock: Clock;
  readonly door: Door;
  readonly origins: OriginPolicy;
  readonly heartbeat: {
    /** ms between two pings. */
    readonly interval: number;
    /** ms within which something must come back. */
    readonly timeout: number;
  };
  /** Bytes of one message. */
  readonly maxMessage: number;
  readonly addressOf: (request: IncomingMessage) => string;
  /** Runs the task once, when the present turn of the event loop has handed in all it has. */
  readonly atEndOfTurn: (task: () => void) => void;
  /** Told of each connection that was turned away, with its close code. */
  readonly refused: (code: CloseCode) => void;
}

/**
 * Takes upgrade requests, and makes each a session. Who may not come in is upgraded all the same and
 * then closed with a code that says why: browsers show pages nothing of a refused upgrade.
 */
export class WebSocketDoor {
  readonly #options: WebSocketOptions;
  readonly #server: InstanceType<typeof WebSocketServer<typeof Peer>>;
  readonly #heartbeat: Heartbeat<WebSocketTransport>;
  readonly #turnedAway = new Set<Peer>();

  constructor(options: WebSocketOptions) {
    this.#options = options;
    this.#heartbeat = new Heartbeat(options.clock, options.heartbeat);
    const settings = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.maxMessage,
      closeTimeout: CLOSE_TIMEOUT,
      WebSocket: Peer,
      handleProtocols: (offered: Set<string>) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    } as const;
    this.#server = new WebSocketServer<typeof Peer>(settings);
  }

  /** Answers an upgrade request for the WebSocket's address. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.cork();
    this.#server.handleUpgrade(request, socket, head, (peer) =>
      this.#connected(peer, request, socket),
    );
    // The welcome of a client that brought its token goes with the handshake: it is sent at the end of
    // this turn as well, by who asks for that only now.
    const { atEndOfTurn } = this.#options;
    atEndOfTurn(() => atEndOfTurn(() => socket.uncork()));
  }

  /** Cuts off those that are still being turned away; sessions are the registry's. */
  stop(): void {
    for (const peer of this.#turnedAway) peer.terminate();
    this.#server.close();
  }

  #connected(peer: Peer, request: IncomingMessage, socket: Duplex): void {
    const { door, origins, addressOf } = this.#options;
    try {
      if (!origins.allows(request)) throw foreign(request);
      const transport = new WebSocketTransport(peer, socket, this.#heartbeat);
      const client = door.open(transport, addressOf(request));
      transport.attach(client);
      const token = tokenOf(request);
      if (token !== undefined) void client.authenticate(token);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#turnAway(peer, error);
    }
  }

  #turnAway(peer: Peer, { code, message }: WireError): void {
    const closeCode = closeCodeOf(code);
    this.#options.refused(closeCode);
    this.#turnedAway.add(peer);
    peer.on("error", () => peer.terminate());
    peer.once("close", () => this.#turnedAway.delete(peer));
    peer.send(JSON.stringify({ type: "error", code, message }));
    peer.close(closeCode, cut(message));
  }
}

function foreign({ headers }: IncomingMessage): WireError {
  const origin = JSON.stringify(headers.origin?.slice(0, 80));
  return new WireError(
    "forbidden",
    `pages of ${origin} may not connect; the gateway's setting allowedOrigins says which may`,
  );
}

function closeCodeOf(code: WireError["code"]): CloseCode {
  if (code === "forbidden") return CloseCode.Forbidden;
  return code === "unavailable" ? CloseCode.ServiceRestart : CloseCode.TooMany;
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
