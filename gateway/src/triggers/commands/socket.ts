import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Credentials, Endpoint } from "./ports.js";

/** Begins to connect. The caller sees to errors, the end and time-outs. */
export function openSocket({ host, port }: Endpoint, { tls }: Credentials): Socket {
  if (!tls) return connectTcp({ host, port, noDelay: true });
  const socket = connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }) });
  return socket.setNoDelay();
}
