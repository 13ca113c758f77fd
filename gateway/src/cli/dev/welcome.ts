import { type Config, formatDuration, maskCredentials } from "../../config.js";
import { VERSION } from "../help.js";
import { mintToken } from "../mint.js";
import { type Output, style } from "../output.js";
import type { PrivateRedis } from "./private-redis.js";

const SUBJECT = "developer";
/** ms; a dashboard that is left open over a weekend still works on Monday. */
const TOKEN_TTL = 7 * 86_400_000;

/** The dashboard's address, with a token for everything in its fragment where one can be made. */
export async function dashboardAddress(url: string, config: Config): Promise<string> {
  const address = browsable(url);
  const { jwtSecret } = config;
  // Verified with somebody's public keys: then their tokens are the only ones.
  if (jwtSecret === undefined) return address;
  const grants = [{ keys: "*", db: "*", values: true }] as const;
  const request = { subject: SUBJECT, grants, admin: true, ttl: TOKEN_TTL };
  return `${address}#token=${await mintToken(request, { ...config, jwtSecret })}`;
}

/** All addresses of a machine are none that a browser can be sent to. */
function browsable(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname === "0.0.0.0" || hostname === "[::]" ? "localhost" : hostname;
  return `${protocol}//${host}:${port}/`;
}

/** Says what was started, and where. */
export function welcome(
  address: string,
  { redis = "" }: Config,
  ownRedis: PrivateRedis | undefined,
  stdout: Output,
): void {
  const token = address.includes("#token=")
    ? `all keys and the admin's data, for ${formatDuration(TOKEN_TTL)}; it stands in the address`
    : "bring one of your issuer's: this gateway verifies with public keys";
  const source =
    ownRedis === undefined
      ? [
          [
            "Redis",
            `${maskCredentials(redis)}; only {keywire}: and the demo's orders, under checkout:, are written`,
          ],
        ]
      : [
          ["Redis", `a private one with demo traffic, on port ${ownRedis.port}`],
          ["Try", `redis-cli -p ${ownRedis.port} SET hello world`],
        ];
  const demo = new URL("/demo/checkout", address).href;
  stdout.line();
  stdout.line(style(stdout, "bold", `Keywire ${VERSION} in development mode, not for production`));
  stdout.line();
  stdout.line(`  Dashboard  ${style(stdout, "cyan", address)}`);
  stdout.line(`  Demo       ${style(stdout, "cyan", demo)}`);
  for (const [name = "", text] of [["Token", token], ...source]) {
    stdout.line(`  ${name.padEnd(9)}  ${text}`);
  }
  stdout.line();
  stdout.line("Ctrl-C ends all of it.");
  stdout.line();
}
