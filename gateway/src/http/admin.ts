import { WireError } from "@keywire/shared";
import { Hono } from "hono";
import { z } from "zod";
import { amqpRoutes } from "./amqp.js";
import { bearerOf } from "./bearer.js";
import { jsonOf, limitBody } from "./body.js";
import { libraryRoutes } from "./libraries.js";
import type { HttpPorts } from "./ports.js";

/** Bytes of a request's body. */
const MAX_BODY = 64 * 1_024;
/** Under it there are sources, and what functions are called with. */
const LIBRARIES = "/libraries";

/** Half a surrogate pair is no text in UTF-8: other gateways would be told of another name. */
const name = z.string().regex(/^\P{Surrogate}+$/u);
const revocation = z.union([z.strictObject({ sub: name }), z.strictObject({ jti: name })]);

/** `/v1/admin`: for tokens that say `admin` alone. */
export function adminRoutes(ports: HttpPorts): Hono {
  const routes = new Hono();

  routes.use(async (context, next) => {
    const { admin } = await ports.authenticate(bearerOf(context));
    if (!admin) throw new WireError("forbidden", `this takes a token with "admin": true`);
    context.header("Cache-Control", "no-store");
    await next();
  });

  const limited = limitBody(MAX_BODY);
  routes.use((context, next) =>
    context.req.path.includes(`/admin${LIBRARIES}`) ? next() : limited(context, next),
  );
  routes.route(LIBRARIES, libraryRoutes(ports.libraries));

  routes.route("/sinks/amqp", amqpRoutes(ports.amqp));

  routes.get("/state", async (context) => context.json(await ports.state()));

  routes.post("/revocations", async (context) => {
    const parsed = revocation.safeParse(await jsonOf(context));
    if (!parsed.success) {
      throw new WireError("bad_request", `the body takes {"sub":"<user>"} or {"jti":"<token id>"}`);
    }
    await ports.revoke(parsed.data);
    return context.json({ revoked: parsed.data });
  });

  return routes;
}
