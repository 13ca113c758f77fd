import { WireError } from "@keywire/shared";
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { adminRoutes } from "./admin.js";
import { asWireError, errorAnswer } from "./errors.js";
import { methodsAt } from "./methods.js";
import type { Pages } from "./pages.js";
import type { HttpPorts } from "./ports.js";
import { sseRoute } from "./sse.js";
import { together } from "./together.js";
import { valueRoute } from "./value.js";

/** Nothing but the gateway's own files, and nothing written into the page: no inline anything. */
const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", "data:"],
  fontSrc: ["'self'"],
  // Browsers differ in whether 'self' takes in WebSockets of the same host.
  connectSrc: ["'self'", "ws:", "wss:"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

/** The URL table. WebSocket upgrades do not come by here. */
export function routes(ports: HttpPorts, pages: Pages): Hono {
  const app = new Hono();

  app.use(
    secureHeaders({
      contentSecurityPolicy: CONTENT_SECURITY_POLICY,
      xFrameOptions: "DENY",
      // Whether the host is served over TLS alone is known to the proxy that does it.
      strictTransportSecurity: false,
    }),
  );

  app.get("/healthz", (context) => context.json({ status: "alive" }));
  app.get("/readyz", (context) => {
    const reasons = ports.problems();
    const status = reasons.length === 0 ? "ready" : "not ready";
    return context.json({ status, reasons }, reasons.length === 0 ? 200 : 503);
  });
  // Anybody may ask, and as often as they like: it must not keep events from clients.
  const metrics = together(ports.metrics);
  app.get("/metrics", async (context) => {
    const { type, text } = await metrics();
    return context.body(text, 200, { "Content-Type": type });
  });

  app.route("/v1/admin", adminRoutes(ports));
  app.route("/v1/value", valueRoute(ports));
  app.route("/v1/sse", sseRoute(ports.streams));
  app.get("/v1/ws", (context) => {
    context.header("Upgrade", "websocket");
    const message = "this address takes WebSocket connections: send an upgrade request";
    return errorAnswer(context, new WireError("bad_request", message), 426);
  });

  if (ports.demo !== undefined) app.route("/", ports.demo);

  app.get("*", (context) => {
    return pages.answer(context, context.req.path.slice(1)) ?? context.notFound();
  });

  app.notFound((context) => {
    const { method, path } = context.req;
    const methods = methodsAt(app.routes, path);
    if (pages.has(path.slice(1))) methods.push("GET");
    if (methods.length === 0 || methods.includes(method)) {
      return errorAnswer(context, new WireError("bad_request", `there is nothing at ${path}`), 404);
    }
    context.header("Allow", methods.join(", "));
    const message = `${path} takes ${methods.join(" and ")}, not ${method}`;
    return errorAnswer(context, new WireError("bad_request", message), 405);
  });
  app.onError((error, context) => {
    const fault = asWireError(error);
    if (fault.code === "internal") ports.failed(error);
    return errorAnswer(context, fault);
  });
  return app;
}
