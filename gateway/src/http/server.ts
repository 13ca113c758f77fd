import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener, RequestError } from "@hono/node-server";
import { WireError } from "@keywire/shared";
import type { Hono } from "hono";
import { asWireError, statusOf } from "./errors.js";
import { Unanswered } from "./unanswered.js";
import { type Upgradable, Upgrades } from "./upgrades.js";

/** Bytes of a request's line and headers: a stream's channels stand in its address. */
const MAX_HEADER_BYTES = 96 * 1_024;
/** ms for the request's line and headers, lest slow ones fill the gateway up. */
const HEADERS_TIMEOUT = 10_000;
/** ms between two looks for those that are over it; by default it would be three times the time itself. */
const CHECK_INTERVAL = 2_000;

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly app: Hono;
  /** Takes upgrade requests for the address it names; others are refused. */
  readonly upgrades: Upgradable;
}

/** The HTTP server: routes for requests, and the one address that is upgraded. */
export class HttpServer {
  readonly #options: ServerOptions;
  readonly #server: Server;

  constructor(options: ServerOptions) {
    this.#options = options;
    // HTTP/1.0 knows no Host header, and health checks of proxies still speak it.
    const reading = { hostname: "localhost", errorHandler: unread };
    const answer = getRequestListener(options.app.fetch, reading);
    const unanswered = new Unanswered();
    this.#server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT,
        connectionsCheckingInterval: CHECK_INTERVAL,
        maxHeaderSize: MAX_HEADER_BYTES,
        noDelay: true,
      },
      (request, response) => {
        if (unanswered.admit(request.socket, response)) void answer(request, response);
      },
    );
    new Upgrades(this.#server, options.upgrades, unanswered);
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
}

/** The answer to a request that came to no route. */
function unread(error: unknown): Response {
  const isTheirs = error instanceof RequestError;
  const sentence = "the request's address, or its Host header, cannot be read";
  const fault = isTheirs ? new WireError("bad_request", sentence) : asWireError(error);
  const { code, message } = fault;
  return Response.json({ error: { code, message } }, { status: statusOf(fault) });
}
