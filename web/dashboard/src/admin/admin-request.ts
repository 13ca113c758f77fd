import { fieldsOf } from "./fields.js";

/** The gateway refused an admin request, or could not be asked: one sentence for the reader. */
export class AdminError extends Error {
  override readonly name = "AdminError";
  /** `forbidden`, `token_expired`, ...; `unreachable` where there was no answer. */
  readonly code: string;
  /** The line of a source that it is about. */
  readonly line: number | null;

  constructor(code: string, message: string, options: ErrorOptions & { line?: number } = {}) {
    super(message, options);
    this.code = code;
    this.line = options.line ?? null;
  }
}

export interface AdminRequest {
  readonly token: string;
  readonly signal?: AbortSignal;
  /** GET where absent. */
  readonly method?: "POST" | "DELETE";
  readonly body?: string;
}

/**
 * Asks the admin API.
 *
 * @param path behind `v1/admin/`, its query included
 * @throws AdminError with the gateway's own words where it gave some
 */
export async function adminRequest(
  path: string,
  { token, signal, method, body }: AdminRequest,
): Promise<unknown> {
  const url = new URL(`v1/admin/${path}`, document.baseURI);
  const init: RequestInit = {
    headers: { authorization: `Bearer ${token}` },
    cache: "no-store",
    ...(signal === undefined ? {} : { signal }),
    ...(method === undefined ? {} : { method }),
    ...(body === undefined ? {} : { body }),
  };
  const response = await fetch(url, init).catch((cause: unknown) => {
    throw new AdminError("unreachable", "The gateway cannot be reached.", { cause });
  });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw refusal(response.status, answer);
}

/** The error in `{"error":{"code","message"}}`, or one made of the status alone. */
export function refusal(status: number, body: unknown): AdminError {
  const { code, message, line } = fieldsOf(fieldsOf(body)["error"]);
  return new AdminError(
    typeof code === "string" ? code : `http_${status}`,
    typeof message === "string" && typeof code === "string"
      ? message
      : `The gateway answered with the status ${status}.`,
    typeof line === "number" ? { line } : {},
  );
}

/** Whatever was thrown, as an error that can be shown. */
export function asAdminError(error: unknown): AdminError {
  if (error instanceof AdminError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AdminError("bad_answer", message, { cause: error });
}
