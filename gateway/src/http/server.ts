import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type Server,
  ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { WireError } from "@keywire/shared";
import type { Hono } from "hono";
import { statusOf } from "./errors.js";

/** Bytes of a request's line and headers: a stream's channels stand in its address. */
const MAX_HEADER_BYTES = 96 * 1_024;
/** ms for the request's line and headers, lest slow ones fill the gateway up. */
const HEADERS_TIMEOUT = 10_000;

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly app: Hono;
  /** Takes upgrade requests for the address it names; others are refused. */
  readonly upgrades: {
    readonly path: string;
    /** @throws WireError where it takes none now; it is answered then */
    readonly take: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  };
}

/** The HTTP server: routes for requests, and the one address that is upgraded. */
export class HttpServer {
  readonly #options: ServerOptions;
  readonly #server: Server;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#server = createServer(
      { headersTimeout: HEADERS_TIMEOUT, maxHeaderSize: MAX_HEADER_BYTES, noDelay: true },
      getRequestListener(options.app.fetch),
    );
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** @returns where it listens, as `http://127.0.0.1:8080` */
  async listen(): Promise<string> {
    const { host, port } = this.#options;
    this.#server.listen(port, host);
    await once(this.#server, "listening");
    const { address, family, port: bound } = this.#server.address() as AddressInfo;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${bound}`;
  }

  /** Takes no connection any more, and ends those that carry no request. */
  refuse(): void {
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  /** Ends what is left. */
  cutOff(): void {
    this.#server.closeAllConnections();
  }

  /**
   * Answers a request that offers to speak something else, such as HTTP/2 (some clients always do),
   * as if it had not: that is what a server does which does not take the offer up.
   */
  #answer(request: IncomingMessage, socket: Duplex): void {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    // Over HTTP, it is one.
    response.assignSocket(socket as Socket);
    response.once("finish", () => socket.end());
    this.#server.emit("request", request, response);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A client that goes away in the middle of its handshake is no error of ours.
    socket.on("error", () => socket.destroy());
    if (request.headers.upgrade?.toLowerCase() !== "websocket") {
      this.#answer(request, socket);
      return;
    }
    const path = request.url?.split("?")[0];
    const { upgrades } = this.#options;
    if (path !== upgrades.path) {
      refuse(socket, 404, new WireError("bad_request", `nothing is upgraded at ${path}`));
      return;
    }
    try {
      upgrades.take(request, socket, head);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      refuse(socket, statusOf(error), error);
    }
  }
}

/** Answers an upgrade request with an HTTP error instead, as routes answer theirs. */
function refuse(socket: Duplex, status: number, error: WireError): void {
  const { code, message } = error;
  const body = JSON.stringify({ error: { code, message } });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 429 ? ["Retry-After: 1"] : []),
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
