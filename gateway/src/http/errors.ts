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

/** A refusal with a status of its own, and further fields beside `code` and `message`. */
export class HttpRefusal extends WireError {
  readonly status: ContentfulStatusCode;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    status: ContentfulStatusCode,
    fields: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(code, message, options);
    this.status = status;
    this.fields = fields;
  }
}

/** An error as every route answers it: `{"error":{"code","message"}}`, and `id` where it has one. */
export function errorAnswer(
  context: Context,
  error: WireError,
  status = error instanceof HttpRefusal ? error.status : statusOf(error),
): Response {
  const { code, message, id } = error;
  const fields = error instanceof HttpRefusal ? error.fields : {};
  if (status === 401) context.header("WWW-Authenticate", "Bearer");
  if (status === 429) context.header("Retry-After", "1");
  return context.json({ error: { code, message, id, ...fields } }, status);
}

/** What a caller is told of an error, known or not. */
export function asWireError(error: unknown): WireError {
  if (error instanceof WireError) return error;
  return new WireError("internal", "something went wrong in the gateway; try again");
}
