import { isIP } from "node:net";

/** Where a broker is and how to get in, as its client takes it. */
export interface BrokerAddress {
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
  /** Undefined without TLS. */
  readonly tls?: { readonly servername?: string };
}

const PORT = 5_672;
const TLS_PORT = 5_671;

/**
 * Reads `amqp://user:password@host:port/vhost` or `amqps://…`. By hand: the client leaves the brackets
 * around an IPv6 address, which no resolver knows, and tells a TLS server not which name it is asked by.
 *
 * @throws URIError where a `%` begins no escape
 */
export function parseBrokerUrl(url: string): BrokerAddress {
  const { protocol, hostname: host, port, username, password, pathname } = new URL(url);
  const hostname = host.replace(/^\[(.*)\]$/, "$1");
  const isTls = protocol === "amqps:";
  const servername = isIP(hostname) === 0 ? { servername: hostname } : {};
  return {
    hostname,
    port: port === "" ? (isTls ? TLS_PORT : PORT) : Number(port),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    vhost: decodeURIComponent(pathname.split("/")[1] || "/"),
    ...(isTls ? { tls: servername } : {}),
  };
}
