/** Where a gateway is, and the token that came with the address. */
export interface GatewayAddress {
  /** `ws://127.0.0.1:8080/v1/ws` */
  readonly socket: string;
  readonly token: string | undefined;
}

const SOCKET_PATH = "/v1/ws";

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
  return { socket: url.href, token: token ?? undefined };
}
