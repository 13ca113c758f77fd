import {
  BEARER_SUBPROTOCOL,
  type ClientMessage,
  type CloseCode,
  SUBPROTOCOL,
} from "@keywire/shared";
import type { WebSocketConstructor } from "./api.js";
import type { Transport } from "./transport.js";

/** The one code by name: all of them would go to every page. */
const NORMAL: (typeof CloseCode)["Normal"] = 1000;

interface WebSocketOptions {
  readonly url: string;
  readonly WebSocket: WebSocketConstructor;
  /** Whether the token is the first message, or a subprotocol that is offered. */
  readonly auth: "message" | "subprotocol";
}

export function webSocketTransport({ url, WebSocket, auth }: WebSocketOptions): Transport {
  return {
    name: "websocket",
    needsChannels: false,
    open(token, listener) {
      const offers = token !== undefined && auth === "subprotocol";
      const protocols = offers ? [SUBPROTOCOL, BEARER_SUBPROTOCOL + token] : [SUBPROTOCOL];
      const socket = new WebSocket(url, protocols);
      const send = (message: ClientMessage) => socket.send(JSON.stringify(message));
      let fault = "";
      socket.addEventListener("open", () => {
        if (token !== undefined && !offers) send({ type: "auth", token });
      });
      // Binary data is no message: spelled out, it is refused as what it is.
      socket.addEventListener("message", ({ data }) => listener.frame(`${data}`));
      socket.addEventListener("error", (event) => {
        // Browsers do not say why; Node's `ws` does.
        if ("message" in event) fault = `${event.message}`;
      });
      socket.addEventListener("close", ({ code, reason }) =>
        listener.closed(code, reason || fault),
      );
      return { send, close: () => socket.close(NORMAL) };
    },
  };
}
