import { fileURLToPath } from "node:url";
import { WireError } from "@keywire/shared";
import type { Config } from "../config.js";
import { Pages, routes } from "../http/index.js";
import { HttpServer, refuseUpgrade } from "../http/server.js";
import { TokenBucket } from "../session/rate.js";
import { addressOf, OriginPolicy } from "../transport/request.js";
import { WebSocketDoor } from "../transport/websocket-server.js";
import type { Core, Surroundings } from "./core.js";
import { stateOf } from "./state.js";

/** The built dashboard stands beside the built program, in whichever of its files this ends up. */
const PAGES = fileURLToPath(new URL("./public", import.meta.url));
const SOCKET_PATH = "/v1/ws";

/** Where clients come in. */
export interface Doors {
  readonly http: HttpServer;
  readonly webSockets: WebSocketDoor;
}

/** @param problems why the gateway is not ready, a sentence each */
export async function openDoors(
  core: Core,
  config: Config,
  around: Surroundings,
  problems: () => readonly string[],
): Promise<Doors> {
  const { clock, metrics, log } = around;
  const webSockets = new WebSocketDoor({
    clock,
    door: core.registry,
    origins: new OriginPolicy(config.allowedOrigins),
    heartbeat: { interval: config.heartbeat, timeout: config.heartbeatTimeout },
    maxMessage: config.maxMessageBytes,
    addressOf: (request) => addressOf(request, config.trustProxy),
    refused: (code) => metrics.sessionsClosed.add(String(code)),
  });
  const app = routes(
    {
      problems,
      metrics: async () => ({ type: metrics.contentType, text: await metrics.render() }),
      authenticate: core.authenticate,
      value: core.value,
      state: () => stateOf(core),
      revoke: (revocation) => core.revocations.revoke(revocation),
      failed: (error) => log.error("a request failed", { error }),
    },
    await Pages.load(PAGES),
  );
  const rate = { perSecond: config.upgradeRate, burst: config.upgradeRate };
  const bucket = new TokenBucket(rate, clock.now());
  const http = new HttpServer({
    host: config.host,
    port: config.port,
    app,
    upgrades: {
      path: SOCKET_PATH,
      take: (request, socket, head) => {
        if (bucket.take(clock.now())) {
          webSockets.upgrade(request, socket, head);
        } else {
          metrics.limitsHit.add("upgrade_rate");
          const message = "too many connections are being opened; try again in a moment";
          refuseUpgrade(socket, 429, new WireError("rate_limited", message));
        }
      },
    },
  });
  return { http, webSockets };
}
