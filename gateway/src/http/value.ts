import { WireError } from "@keywire/shared";
import { Hono } from "hono";
import { bearerOf } from "./bearer.js";
import type { HttpPorts } from "./ports.js";
import { queryOf, readQuery } from "./query.js";

/**
 * `GET /v1/value?key=order:42` (or `rawkey=`, base64url; `db=` selects a database): what a channel
 * `key:` with `value` would begin with, for those who may have it.
 */
export function valueRoute(ports: HttpPorts): Hono {
  const routes = new Hono();
  routes.get("/", async (context) => {
    const channel = channelOf(readQuery(queryOf(context.req.url)));
    context.header("Cache-Control", "no-store");
    return context.json(await ports.value(bearerOf(context), channel));
  });
  return routes;
}

function channelOf(query: URLSearchParams): string {
  const keys = ["key", "rawkey"].flatMap((kind) =>
    query.getAll(kind).map((name) => ({ kind, name })),
  );
  const [key, ...otherKeys] = keys;
  if (key === undefined || otherKeys.length > 0) {
    throw new WireError("bad_request", "the query takes one of key=<key> and rawkey=<base64url>");
  }
  const databases = query.getAll("db");
  if (!/^(?:\d{1,9})?$/.test(databases.join(","))) {
    const written = JSON.stringify(databases.join(","));
    throw new WireError("bad_request", `db is ${written}, and takes a number`);
  }
  return `${key.kind}${databases.map((db) => `@${db}`).join("")}:${key.name}`;
}
