import type { IncomingMessage } from "node:http";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { WireError } from "@keywire/shared";
import { Hono } from "hono";
import { errorAnswer } from "./errors.js";
import type { Streams } from "./ports.js";
import { queryOf, readQuery } from "./query.js";

/** What pages of other origins may send beside what any page may. */
const ALLOWED_HEADERS = "Authorization, Last-Event-ID, Cache-Control";
/** s that a browser may remember it. */
const PREFLIGHT_AGE = 600;

/**
 * `GET /v1/sse`: a stream takes its connection over once it has begun; until then a refusal is an
 * ordinary answer. Pages of other origins may fetch it where they may connect at all.
 */
export function sseRoute(streams: Streams): Hono<{ Bindings: HttpBindings }> {
  const routes = new Hono<{ Bindings: HttpBindings }>();

  routes.use(async (context, next) => {
    const { incoming } = context.env;
    if (!streams.allows(incoming)) {
      const message = "pages of this origin may not connect; the gateway's settings say which may";
      throw new WireError("forbidden", message);
    }
    for (const [name, value] of Object.entries(corsHeaders(incoming, streams))) {
      context.header(name, value);
    }
    await next();
  });

  routes.options("/", (context) =>
    context.body(null, 204, {
      "Access-Control-Allow-Methods": "GET",
      "Access-Control-Allow-Headers": ALLOWED_HEADERS,
      "Access-Control-Max-Age": String(PREFLIGHT_AGE),
    }),
  );

  routes.get("/", async (context) => {
    const { incoming, outgoing } = context.env;
    if (incoming.method === "HEAD") {
      return context.body(null, 200, { "Content-Type": "text/event-stream" });
    }
    const query = queryOf(incoming.url ?? "");
    if (Buffer.byteLength(query) > streams.maxQuery) {
      const message = `the query takes ${streams.maxQuery} bytes; split it into several streams`;
      return errorAnswer(context, new WireError("bad_request", message), 413);
    }
    await streams.open(incoming, outgoing, {
      query: readQuery(query),
      head: corsHeaders(incoming, streams),
    });
    return RESPONSE_ALREADY_SENT;
  });

  return routes;
}

function corsHeaders(
  { headers }: IncomingMessage,
  { takesCookies }: Streams,
): Record<string, string> {
  if (headers.origin === undefined) return {};
  return {
    "Access-Control-Allow-Origin": headers.origin,
    Vary: "Origin",
    ...(takesCookies ? { "Access-Control-Allow-Credentials": "true" } : {}),
  };
}
