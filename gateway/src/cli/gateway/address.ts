/** Where a gateway is, and the token that came with the address. */
export interface GatewayAddress {
  /** `ws://127.0.0.1:8080/v1/ws` */
  readonly socket: string;
  /** `http://127.0.0.1:8080/v1/admin/` */
  readonly admin: string;
  readonly token: string | undefined;
}

const SOCKET_PATH = "/v1/ws";
const ADMIN_PATH = "/v1/admin/";

/**
 * Reads a gateway's address: its root, its WebSocket, or the dashboard's as `keywire dev` prints it,
 * with the token in the fragment. Undefined where it is none.
 */
export function parseGatewayAddress(text: string): GatewayAddress | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!/^(?:https?|wss?):$/.test(url.protocol)) return undefined;
  const token = new URLSearchParams(url.hash.slice(1)).get("token");
  url.hash = "";
  url.search = "";
  url.protocol = url.protocol.replace("http", "ws");
  // Behind a proxy the gateway's root may be a folder.
  if (!url.pathname.endsWith(SOCKET_PATH)) {
    url.pathname = url.pathname.replace(/\/$/, "") + SOCKET_PATH;
  }
  const socket = url.href;
  url.protocol = url.protocol.replace("ws", "http");
  url.pathname = url.pathname.slice(0, -SOCKET_PATH.length) + ADMIN_PATH;
  return { socket, admin: url.href, token: token ?? undefined };
}
