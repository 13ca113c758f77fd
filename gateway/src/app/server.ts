import { fileURLToPath } from "node:url";
import { WireError } from "@keywire/shared";
import type { Config } from "../config.js";
import { type HttpPorts, Pages, routes } from "../http/index.js";
import { HttpServer } from "../http/server.js";
import { parseSubscribe } from "../session/client-message.js";
import { TokenBucket } from "../session/rate.js";
import { addressOf, OriginPolicy } from "../transport/request.js";
import { SseDoor } from "../transport/sse-server.js";
import { WebSocketDoor } from "../transport/websocket-server.js";
import type { Core, Surroundings } from "./core.js";
import { libraryDesk } from "./library-desk.js";

/** The built dashboard stands beside the built program, in whichever of its files this ends up. */
const PAGES = fileURLToPath(new URL("./public", import.meta.url));
const SOCKET_PATH = "/v1/ws";
/** Bytes; as much as the server takes of an address, with room for the headers. */
const MAX_QUERY_BYTES = 64 * 1_024;

/** Where clients come in. */
export interface Doors {
  readonly http: HttpServer;
  readonly webSockets: WebSocketDoor;
}

/** @param told what is told of the gateway to who asks over HTTP */
export async function openDoors(
  core: Core,
  config: Config,
  around: Surroundings,
  told: Pick<HttpPorts, "problems" | "metrics" | "state" | "amqp" | "demo">,
): Promise<Doors> {
  const { log } = around;
  const origins = new OriginPolicy(config.allowedOrigins);
  const admit = admission(config, around);
  const webSockets = openWebSockets(core, config, around, origins);
  const ports: HttpPorts = {
    ...told,
    authenticate: core.authenticate,
    value: core.value,
    streams: openStreams(core, config, around, origins, admit),
    libraries: libraryDesk(core.triggers, core.database),
    revoke: (revocation) => core.revocations.revoke(revocation),
    failed: (error) => log.error("a request failed", { error }),
  };
  const http = new HttpServer({
    host: config.host,
    port: config.port,
    app: routes(ports, await Pages.load(PAGES)),
    upgrades: {
      path: SOCKET_PATH,
      take: (request, socket, head) => {
        admit();
        webSockets.upgrade(request, socket, head);
      },
    },
  });
  return { http, webSockets };
}

/** Counts new connections of every kind; what it gives throws WireError `rate_limited`. */
function admission({ upgradeRate }: Config, { clock, metrics }: Surroundings): () => void {
  const bucket = new TokenBucket({ perSecond: upgradeRate, burst: upgradeRate }, clock.now());
  return () => {
    if (bucket.take(clock.now())) return;
    metrics.limitsHit.add("upgrade_rate");
    const message = "too many connections are being opened; try again in a moment";
    throw new WireError("rate_limited", message);
  };
}

function openWebSockets(
  { registry, atEndOfTurn }: Core,
  config: Config,
  { clock, metrics }: Surroundings,
  origins: OriginPolicy,
): WebSocketDoor {
  return new WebSocketDoor({
    clock,
    door: registry,
    origins,
    heartbeat: { interval: config.heartbeat, timeout: config.heartbeatTimeout },
    maxMessage: config.maxMessageBytes,
    addressOf: (request) => addressOf(request, config.trustProxy),
    atEndOfTurn,
    refused: (code) => metrics.sessionsClosed.add(String(code)),
  });
}

function openStreams(
  { registry }: Core,
  config: Config,
  { clock }: Surroundings,
  origins: OriginPolicy,
  admit: () => void,
): HttpPorts["streams"] {
  const { heartbeat, maxMessageBytes, tokenCookie, trustProxy } = config;
  const door = new SseDoor({
    clock,
    door: registry,
    heartbeat,
    addressOf: (request) => addressOf(request, trustProxy),
    tokenCookie,
    parse: parseSubscribe,
    random: Math.random,
  });
  return {
    allows: (request) => origins.allows(request),
    takesCookies: tokenCookie !== undefined,
    maxQuery: Math.min(maxMessageBytes, MAX_QUERY_BYTES),
    open: async (request, response, about) => {
      admit();
      await door.open(request, response, about);
    },
  };
}
