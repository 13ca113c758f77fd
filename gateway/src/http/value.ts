import { WireError } from "@keywire/shared";
import { Hono } from "hono";
import { bearerOf } from "./bearer.js";
import type { HttpPorts } from "./ports.js";

/**
 * `GET /v1/value?key=order:42` (or `rawkey=`, base64url; `db=` selects a database): what a channel
 * `key:` with `value` would begin with, for those who may have it.
 */
export function valueRoute(ports: HttpPorts): Hono {
  const routes = new Hono();
  routes.get("/", async (context) => {
    const { key, rawkey, db } = context.req.query();
    if ((key === undefined) === (rawkey === undefined)) {
      throw new WireError("bad_request", "the query takes one of key=<key> and rawkey=<base64url>");
    }
    if (db !== undefined && !/^\d{1,9}$/.test(db)) {
      throw new WireError("bad_request", `db is ${JSON.stringify(db)}, and takes a number`);
    }
    const at = db === undefined ? "" : `@${db}`;
    const channel = key === undefined ? `rawkey${at}:${rawkey}` : `key${at}:${key}`;
    context.header("Cache-Control", "no-store");
    return context.json(await ports.value(bearerOf(context), channel));
  });
  return routes;
}
