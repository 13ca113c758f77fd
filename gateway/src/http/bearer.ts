import { WireError } from "@keywire/shared";
import type { Context } from "hono";

/**
 * The token of a request.
 *
 * @throws WireError `unauthorized` where it bears none
 */
export function bearerOf(context: Context): string {
  const token = /^Bearer +(\S+)$/i.exec(context.req.header("Authorization") ?? "")?.[1];
  if (token !== undefined) return token;
  throw new WireError("unauthorized", `this takes an "Authorization: Bearer" header with a token`);
}
