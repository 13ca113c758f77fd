import { systemClock } from "@keywire/shared";
import type { ConnectOptions, Wire } from "./api.js";
import { DEFAULT_BUFFER } from "./backlog.js";
import { sseTransport } from "./sse.js";
import { Transports } from "./transports.js";
import { webSocketTransport } from "./websocket.js";
import { KeywireClient } from "./wire.js";

/**
 * Opens a connection to a gateway and keeps it open.
 *
 * @param url the gateway's WebSocket address, as in `wss://gateway.example/v1/ws`; in a page also a
 *   path, as in `/v1/ws`
 * @throws Error when the address is none, or the platform has no WebSocket
 */
export function connect(url: string, options: ConnectOptions = {}): Wire {
  const { clock = systemClock, random = Math.random, buffer = DEFAULT_BUFFER } = options;
  const token = async () => options.token?.();
  const transports = transportsTo(new URL(url, globalThis.location?.href), options);
  return new KeywireClient({ clock, random, buffer, token }, transports);
}

function transportsTo(address: URL, options: ConnectOptions): Transports {
  const { transport = "auto", auth = "message", WebSocket = globalThis.WebSocket } = options;
  const { host, href } = address;
  const sse = sseTransport({
    url: href.replace(/^ws/, "http").replace(/ws$/, "sse"),
    fetch: options.fetch ?? globalThis.fetch,
  });
  // Where a platform has no WebSocket, it is as good as blocked.
  if (transport === "sse" || (transport === "auto" && !WebSocket)) return new Transports(host, sse);
  if (!WebSocket) throw new Error("no WebSocket here: pass one, as in connect(url, { WebSocket })");
  const socket = webSocketTransport({ url: href.replace(/^http/, "ws"), WebSocket, auth });
  return new Transports(host, socket, transport === "auto" ? sse : socket);
}
