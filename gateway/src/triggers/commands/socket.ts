import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Credentials, Endpoint } from "./ports.js";

/** Lest routers in between forget a connection that is seldom used. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 30_000 };

/** Begins to connect. The caller sees to errors, the end and time-outs. */
export function openSocket({ host, port }: Endpoint, { tls }: Credentials): Socket {
  if (!tls) return connectTcp({ host, port, noDelay: true, ...KEEP_ALIVE });
  const socket = connectTls({
    host,
    port,
    ...KEEP_ALIVE,
    ...(isIP(host) === 0 && { servername: host }),
  });
  return socket.setNoDelay();
}

/**
 * The descriptor of a plain TCP connection; undefined where there is none to be had. Node does not
 * document it, but programs have relied on it ever since.
 */
export function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as { readonly _handle?: { readonly fd?: unknown } };
  return typeof handle?.fd === "number" && handle.fd >= 0 ? handle.fd : undefined;
}
