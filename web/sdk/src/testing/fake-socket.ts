import type { ClientMessage, GatewayMessage } from "@keywire/shared";
import type { WebSocketConstructor, WebSocketLike } from "../api.js";
import type { Peer } from "./peer.js";

interface SocketEvents {
  open: undefined;
  message: { readonly data: unknown };
  close: { readonly code: number; readonly reason: string };
  error: object;
}

/** A WebSocket whose other end is the test. */
export class FakeSocket implements WebSocketLike, Peer {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly sent: ClientMessage[] = [];
  state: "connecting" | "open" | "closed" = "connecting";
  /** The code with which the client closed. */
  closedWith: number | undefined;
  onSent: (message: ClientMessage) => void = () => {};
  readonly #listeners = new Map<string, ((event: never) => void)[]>();

  constructor(url: string, protocols: readonly string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  addEventListener<Name extends keyof SocketEvents>(
    name: Name,
    listener: (event: SocketEvents[Name]) => void,
  ): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }

  send(data: string): void {
    if (this.state === "connecting") throw new Error("InvalidStateError: still connecting");
    if (this.state === "closed") return;
    const message = JSON.parse(data) as ClientMessage;
    this.sent.push(message);
    this.onSent(message);
  }

  close(code?: number): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.closedWith = code ?? 1000;
  }

  accept(): void {
    if (this.state !== "connecting") return;
    this.state = "open";
    this.#tell("open", undefined);
  }

  say(...messages: GatewayMessage[]): void {
    this.frame(messages.map((message) => JSON.stringify(message)).join("\n"));
  }

  frame(data: unknown): void {
    if (this.state === "open") this.#tell("message", { data });
  }

  drop(code = 1006, reason = ""): void {
    if (this.state === "closed") return;
    this.state = "closed";
    if (code === 1006) this.#tell("error", {});
    this.#tell("close", { code, reason });
  }

  /** The messages of one type that the client has sent. */
  sentOf<Type extends ClientMessage["type"]>(type: Type): Extract<ClientMessage, { type: Type }>[] {
    return this.sent.filter(
      (message): message is Extract<ClientMessage, { type: Type }> => message.type === type,
    );
  }

  #tell<Name extends keyof SocketEvents>(name: Name, event: SocketEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      (listener as (event: SocketEvents[Name]) => void)(event);
    }
  }
}

/** A network of such sockets. */
export interface FakeNetwork {
  readonly WebSocket: WebSocketConstructor;
  readonly sockets: FakeSocket[];
  /** @throws Error when no socket was ever made */
  readonly latest: FakeSocket;
}

/** @param onOpened called with each socket that the client makes */
export function fakeNetwork(onOpened: (socket: FakeSocket) => void = () => {}): FakeNetwork {
  const sockets: FakeSocket[] = [];
  return {
    sockets,
    WebSocket: class extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
        onOpened(this);
      }
    },
    get latest(): FakeSocket {
      const socket = sockets.at(-1);
      if (socket === undefined) throw new Error("the client has made no socket");
      return socket;
    },
  };
}
