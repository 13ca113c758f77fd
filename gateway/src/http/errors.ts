import { type ErrorCode, WireError } from "@keywire/shared";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

const STATUS: Readonly<Record<ErrorCode, ContentfulStatusCode>> = {
  bad_request: 400,
  unauthorized: 401,
  token_expired: 401,
  forbidden: 403,
  unsupported: 400,
  limit_exceeded: 429,
  rate_limited: 429,
  notifications_disabled: 503,
  unavailable: 503,
  internal: 500,
};

export function statusOf({ code }: WireError): ContentfulStatusCode {
  return STATUS[code];
}

/** An error as every route answers it: `{"error":{"code","message"}}`. */
export function errorAnswer(
  context: Context,
  error: WireError,
  status = statusOf(error),
): Response {
  const { code, message } = error;
  if (status === 401) context.header("WWW-Authenticate", "Bearer");
  if (status === 429) context.header("Retry-After", "1");
  return context.json({ error: { code, message } }, status);
}

/** What a caller is told of an error, known or not. */
export function asWireError(error: unknown): WireError {
  if (error instanceof WireError) return error;
  return new WireError("internal", "something went wrong in the gateway; try again");
}
