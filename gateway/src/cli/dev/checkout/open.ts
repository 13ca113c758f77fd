import { fileURLToPath } from "node:url";
import type { Hono } from "hono";
import type { Config } from "../../../config.js";
import { Pages } from "../../../http/index.js";
import { CommandConnections, parseRedisUrl } from "../../../keyspace/index.js";
import type { Log } from "../../../observe/index.js";
import { mintToken } from "../../mint.js";
import { Orders } from "./orders.js";
import { checkoutRoutes } from "./routes.js";

/** The built page stands beside the built program, apart from the pages that every gateway serves. */
const PAGES = fileURLToPath(new URL("./checkout", import.meta.url));
/** ms; the SDK asks for another one in time. */
const TOKEN_TTL = 10 * 60_000;

/** The checkout on the gateway's own Redis. */
export async function openCheckout(
  config: Config & { readonly redis: string },
  log: Log,
): Promise<{ readonly routes: Hono; readonly close: () => void }> {
  const redis = new CommandConnections(parseRedisUrl(config.redis)).open();
  // Each request that fails for it is told.
  redis.on("error", () => {});
  const { jwtSecret } = config;
  const routes = checkoutRoutes({
    orders: new Orders(redis),
    pages: await Pages.load(PAGES),
    token: async () => {
      if (jwtSecret === undefined) return undefined;
      const grants = [{ keys: "checkout:*", values: true }];
      const request = { subject: "checkout", grants, admin: false, ttl: TOKEN_TTL };
      return mintToken(request, { ...config, jwtSecret });
    },
    failed: (error) => log.warn("the checkout cannot reach Redis", { error }),
  });
  return { routes, close: () => redis.disconnect() };
}
