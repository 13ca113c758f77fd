import { WireError } from "@keywire/shared";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { jsonOf } from "./body.js";
import type { AmqpDesk } from "./ports.js";

const masksBody = z.strictObject({ masks: z.array(z.string()) });

/** `/v1/admin/sinks/amqp`: the forwarder's state and its configuration, of all gateways. */
export function amqpRoutes(desk: AmqpDesk): Hono {
  const routes = new Hono();
  const show = async (context: Context) => context.json(await desk.show());

  routes.get("/", show);
  routes.put("/", async (context) => {
    const body = await jsonOf(context);
    if (typeof body !== "object" || body === null || Array.isArray(body)) {
      const message = `the body takes a JSON object of settings, as in {"exchange":"amq.topic"}`;
      throw new WireError("bad_request", message);
    }
    await desk.change({ ...body });
    return show(context);
  });
  routes.post("/connect", async (context) => {
    await desk.wish("connected");
    return show(context);
  });
  routes.post("/disconnect", async (context) => {
    await desk.wish("disconnected");
    return show(context);
  });

  routes.put("/masks", async (context) => {
    const masks = await masksIn(context);
    await desk.setMasks(() => masks);
    return show(context);
  });
  routes.post("/masks", async (context) => {
    const masks = await masksIn(context);
    await desk.setMasks((present) => [...new Set([...present, ...masks])]);
    return show(context);
  });
  routes.delete("/masks", async (context) => {
    await desk.setMasks(() => []);
    return show(context);
  });

  routes.get("/fallback", async (context) => context.json({ length: await desk.fallbackLength() }));
  routes.delete("/fallback", async (context) => context.json({ purged: await desk.purge() }));
  return routes;
}

async function masksIn(context: Context): Promise<string[]> {
  const parsed = masksBody.safeParse(await jsonOf(context));
  if (parsed.success) return parsed.data.masks;
  throw new WireError("bad_request", `the body takes {"masks":["^order:.*$"]}`);
}
