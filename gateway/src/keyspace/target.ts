/** A Redis deployment, as `KEYWIRE_REDIS` names it. */
export interface RedisTarget {
  readonly kind: "standalone" | "cluster" | "sentinel";
  /** The server; a cluster's nodes to begin with; or the Sentinels. */
  readonly endpoints: readonly Endpoint[];
  /** The name that the Sentinels know the primary by. */
  readonly name?: string;
  readonly username?: string;
  readonly password?: string;
  /** Clients that select no database mean this one. */
  readonly db: number;
  readonly tls: boolean;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26_379;

const SCHEMES: ReadonlyMap<string, Pick<RedisTarget, "kind" | "tls">> = new Map([
  ["redis", { kind: "standalone", tls: false }],
  ["rediss", { kind: "standalone", tls: true }],
  ["redis+cluster", { kind: "cluster", tls: false }],
  ["rediss+cluster", { kind: "cluster", tls: true }],
  ["redis+sentinel", { kind: "sentinel", tls: false }],
  ["rediss+sentinel", { kind: "sentinel", tls: true }],
]);

const SHAPE = /^([a-z+]+):\/\/(?:([^@/]*)@)?([^/?#]*)(?:\/([^?#]*))?$/;

/**
 * Reads `redis://[user[:password]@]host[:port][/db]`, `redis+cluster://h1:p1,h2:p2` or
 * `redis+sentinel://h1:p1,h2:p2/name[/db]`; with `rediss` the connections are TLS.
 *
 * @throws Error saying what is wrong and what would be right, never showing the password
 */
export function parseRedisUrl(url: string): RedisTarget {
  checkCredentials(url);
  const match = SHAPE.exec(url);
  const scheme = SCHEMES.get(match?.[1] ?? "");
  if (match === null || scheme === undefined) {
    throw new Error(
      `a Redis address begins with ${[...SCHEMES.keys()].map((name) => `${name}://`).join(", ")} ` +
        "and goes on with host:port, as in redis://127.0.0.1:6379/0",
    );
  }
  const [, , credentials, hosts = "", path = ""] = match;
  const port = scheme.kind === "sentinel" ? DEFAULT_SENTINEL_PORT : DEFAULT_PORT;
  return {
    ...scheme,
    endpoints: parseEndpoints(hosts, port, scheme.kind),
    ...parseCredentials(credentials),
    ...parsePath(path, scheme.kind),
  };
}

/** Else what stands in a password would be taken for hosts and paths, and quoted as wrong ones. */
function checkCredentials(url: string): void {
  const credentials = /^[^:]*:\/\/(.*)@/s.exec(url)?.[1];
  if (credentials === undefined || !/[/?#@]/.test(credentials)) return;
  throw new Error(
    "the user name or password holds /, ?, # or @ as it is: write / as %2F, ? as %3F, # as %23 and @ as %40",
  );
}

function parseEndpoints(hosts: string, defaultPort: number, kind: RedisTarget["kind"]): Endpoint[] {
  const endpoints = hosts.split(",").map((text) => parseEndpoint(text, defaultPort));
  if (kind === "standalone" && endpoints.length > 1) {
    throw new Error(
      `redis:// takes one server, got ${endpoints.length}; a cluster's nodes go behind redis+cluster://`,
    );
  }
  return endpoints;
}

function parseEndpoint(text: string, defaultPort: number): Endpoint {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+)(?::(\d+))?$/.exec(text);
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  if (match?.[1] === undefined || port < 1 || port > 65_535) {
    throw new Error(`${JSON.stringify(text)} is not host:port with a port from 1 to 65535`);
  }
  return { host: match[1].replace(/^\[|\]$/g, ""), port };
}

function parseCredentials(text: string | undefined): { username?: string; password?: string } {
  if (text === undefined || text === "") return {};
  const colon = text.indexOf(":");
  const username = decode(colon < 0 ? text : text.slice(0, colon));
  const password = colon < 0 ? "" : decode(text.slice(colon + 1));
  return {
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error("the user name or password is not valid percent-encoding: write % as %25");
  }
}

function parsePath(path: string, kind: RedisTarget["kind"]): { name?: string; db: number } {
  if (kind !== "sentinel") return { db: parseDatabase(path) };
  const [name = "", db = ""] = path.split("/");
  if (name === "") {
    throw new Error(
      "redis+sentinel:// ends with the primary's name, as in redis+sentinel://host:26379/mymaster",
    );
  }
  return { name: decode(name), db: parseDatabase(db) };
}

function parseDatabase(text: string): number {
  if (text === "") return 0;
  if (!/^\d{1,9}$/.test(text)) {
    throw new Error(
      `${JSON.stringify(text)} is not the number of a database, as in redis://127.0.0.1:6379/0`,
    );
  }
  return Number(text);
}

export function show({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
