import { type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { WireError } from "@keywire/shared";
import { statusOf } from "./errors.js";
import type { Unanswered } from "./unanswered.js";

/** Headers of an offer to speak something else than HTTP/1. */
const OFFER = new Set(["connection", "upgrade", "http2-settings"]);

/** The one address that is upgraded. */
export interface Upgradable {
  readonly path: string;
  /** @throws WireError where it takes none now; it is answered then */
  readonly take: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** Hands a server's upgrade requests for WebSockets over, and sees to it that all others are answered. */
export class Upgrades {
  readonly #server: Server;
  readonly #upgradable: Upgradable;
  readonly #unanswered: Unanswered;

  constructor(server: Server, upgradable: Upgradable, unanswered: Unanswered) {
    this.#server = server;
    this.#upgradable = upgradable;
    this.#unanswered = unanswered;
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A client that goes away in the middle of its handshake is no error of ours.
    socket.on("error", () => socket.destroy());
    // What is still to be answered would be written into the midst of the other protocol.
    if (this.#unanswered.of(socket) > 0) socket.destroy();
    else if (request.headers.upgrade?.toLowerCase() === "websocket") {
      this.#take(request, socket, head);
    } else this.#decline(request, socket, head);
  }

  #take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = request.url?.split("?")[0];
    if (path !== this.#upgradable.path) {
      refuse(socket, 404, new WireError("bad_request", `nothing is upgraded at ${path}`));
      return;
    }
    try {
      this.#upgradable.take(request, socket, head);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      refuse(socket, statusOf(error), error);
    }
  }

  /**
   * Answers a request that offers to speak something else, such as HTTP/2 (some clients always do),
   * as if it had not: that is what a server does which does not take the offer up. The connection is
   * read anew from this request on, since its body has not been read; behind its answer it ends.
   */
  #decline(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.unshift(Buffer.concat([withoutOffer(request), head]));
    this.#server.emit("connection", socket);
  }
}

/** A request's line and headers as they came, but for what offers to speak something else. */
function withoutOffer({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`, "Connection: close"];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    if (!OFFER.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  }
  // As Node reads them: a byte is a character.
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
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
