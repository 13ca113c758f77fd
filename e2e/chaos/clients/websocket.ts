import { WebSocket } from "ws";
import type { Dial, Transport, Wire } from "./transport.js";

/** ms that an upgrade may take */
const HANDSHAKE_TIMEOUT = 5_000;

/** Messages over a raw WebSocket, by the protocol alone. */
export const websocket: Transport = { kind: "websocket", dial };

function dial({ url, token, subscribes, message, ended }: Dial): Wire {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/ws`, ["keywire.v1"], {
    handshakeTimeout: HANDSHAKE_TIMEOUT,
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
  });
  socket.on("open", () => {
    for (const subscribe of subscribes) socket.send(JSON.stringify(subscribe));
  });
  socket.on("message", (data) => {
    for (const line of String(data).split("\n")) message(line);
  });
  // What failed is of no interest: "close" follows, and whoever dialled tries again.
  socket.on("error", () => {});
  socket.once("close", ended);
  return {
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    send: (content) => {
      if (socket.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(content));
      return true;
    },
    close: (how) => (how === "orderly" ? socket.close(1000) : socket.terminate()),
  };
}
