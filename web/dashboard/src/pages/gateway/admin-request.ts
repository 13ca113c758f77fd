/** The gateway refused an admin request, or could not be asked: one sentence for the reader. */
export class AdminError extends Error {
  override readonly name = "AdminError";
  /** `forbidden`, `token_expired`, ...; `unreachable` where there was no answer. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Asks the admin API.
 *
 * @param path behind `v1/admin/`
 * @throws AdminError with the gateway's own words where it gave some
 */
export async function adminRequest(
  path: string,
  { token, signal }: { readonly token: string; readonly signal: AbortSignal },
): Promise<unknown> {
  const url = new URL(`v1/admin/${path}`, document.baseURI);
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers, signal, cache: "no-store" }).catch(
    (cause: unknown) => {
      throw new AdminError("unreachable", "The gateway cannot be reached.", { cause });
    },
  );
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body;
  throw refusal(response.status, body);
}

/** The error in `{"error":{"code","message"}}`, or one made of the status alone. */
export function refusal(status: number, body: unknown): AdminError {
  const error = part(part(body, "error"), "code") === undefined ? null : part(body, "error");
  const message = part(error, "message");
  return new AdminError(
    String(part(error, "code") ?? `http_${status}`),
    typeof message === "string" ? message : `The gateway answered with the status ${status}.`,
  );
}

function part(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
