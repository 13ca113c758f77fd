import { WireError } from "@keywire/shared";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import { bearerOf } from "./bearer.js";
import { errorAnswer } from "./errors.js";
import type { HttpPorts } from "./ports.js";

/** Bytes of a request's body. */
const MAX_BODY = 64 * 1_024;

const revocation = z.union([
  z.strictObject({ sub: z.string().min(1) }),
  z.strictObject({ jti: z.string().min(1) }),
]);

/** `/v1/admin`: for tokens that say `admin` alone. */
export function adminRoutes(ports: HttpPorts): Hono {
  const routes = new Hono();

  routes.use(async (context, next) => {
    const { admin } = await ports.authenticate(bearerOf(context));
    if (!admin) throw new WireError("forbidden", `this takes a token with "admin": true`);
    context.header("Cache-Control", "no-store");
    await next();
  });

  routes.use(
    bodyLimit({
      maxSize: MAX_BODY,
      onError: (context) =>
        errorAnswer(context, new WireError("bad_request", `a body takes ${MAX_BODY} bytes`), 413),
    }),
  );

  routes.get("/state", async (context) => context.json(await ports.state()));

  routes.post("/revocations", async (context) => {
    const body: unknown = await context.req.json().catch(() => undefined);
    const parsed = revocation.safeParse(body);
    if (!parsed.success) {
      throw new WireError("bad_request", `the body takes {"sub":"<user>"} or {"jti":"<token id>"}`);
    }
    await ports.revoke(parsed.data);
    return context.json({ revoked: parsed.data });
  });

  return routes;
}
