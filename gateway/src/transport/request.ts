import type { IncomingMessage } from "node:http";

/** The token of an `Authorization: Bearer` header; the scheme's case does not matter. */
export function bearerToken(request: IncomingMessage): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
}

/** What a cookie of the request holds. */
export function cookieOf(request: IncomingMessage, name: string): string | undefined {
  for (const cookie of (request.headers.cookie ?? "").split(";")) {
    const [key, ...value] = cookie.split("=");
    if (key?.trim() === name) return value.join("=").trim();
  }
  return undefined;
}

/**
 * Which pages may connect. Browsers send the origin of the page and let no page change it, so this
 * keeps other sites from using a visitor's reach; programs that are no browsers send none.
 */
export class OriginPolicy {
  readonly #allowed: ReadonlySet<string> | undefined;

  /** @param allowed origins such as `https://app.example`, `*` for all; undefined for the gateway's own */
  constructor(allowed: readonly string[] | undefined) {
    this.#allowed = allowed && new Set(allowed.map((origin) => origin.toLowerCase()));
  }

  allows(request: IncomingMessage): boolean {
    const { origin, "sec-fetch-site": site } = request.headers;
    // Without an origin come programs, the gateway's own pages, and what other sites have a browser load as
    // an image or a script: that would bear the visitor's cookie, and take sessions up.
    if (origin === undefined) return site !== "cross-site" && site !== "same-site";
    if (this.#allowed === undefined) return isOwn(origin, request.headers.host);
    return this.#allowed.has("*") || this.#allowed.has(origin.toLowerCase());
  }
}

/** A proxy may speak TLS in front, so it is the origin that says which port is the usual one. */
function isOwn(origin: string, host: string | undefined): boolean {
  if (host === undefined || !/^https?:\/\//i.test(origin)) return false;
  try {
    const page = new URL(origin);
    return page.host === new URL(`${page.protocol}//${host}`).host;
  } catch {
    return false;
  }
}

/** Some proxies add the port as well, which differs from one connection of a client to the next. */
function withoutPort(address: string): string {
  return /^(?:\[(.+)\]|([\d.]+))(?::\d+)?$/.exec(address)?.slice(1).find(Boolean) ?? address;
}

/**
 * Where a request comes from.
 *
 * @param trustProxy whether a proxy in front says so in X-Forwarded-For: its last entry, which the
 *   proxy added itself
 */
export function addressOf(request: IncomingMessage, trustProxy: boolean): string {
  const forwarded = request.headers["x-forwarded-for"];
  const list = typeof forwarded === "string" ? forwarded.split(",") : forwarded;
  const last = list?.at(-1)?.trim();
  if (trustProxy && last !== undefined && last !== "") return withoutPort(last);
  // A client may come over either protocol: it is one client all the same.
  return request.socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, "") ?? "unknown";
}
