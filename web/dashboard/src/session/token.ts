import { base64UrlDecode, utf8Decode } from "@keywire/shared";

/** What a token says of itself. Unverified: it guides what the page offers, never what is allowed. */
export interface Claims {
  readonly user: string | null;
  /** ms since the Unix epoch, null where the token does not say. */
  readonly expires: number | null;
  readonly admin: boolean;
  /** The key globs of its grants, in their order. */
  readonly globs: readonly string[];
}

const SECOND = 1_000;

/** The claims in a JWT, or null where it is not one. */
export function readClaims(token: string): Claims | null {
  const parts = token.split(".");
  const payload = parts.length === 3 ? parseObject(parts[1] ?? "") : null;
  if (payload === null) return null;
  const keywire = asObject(payload["keywire"]);
  return {
    user: typeof payload["sub"] === "string" ? payload["sub"] : null,
    expires: typeof payload["exp"] === "number" ? payload["exp"] * SECOND : null,
    admin: keywire["admin"] === true,
    globs: Array.isArray(keywire["grants"]) ? keywire["grants"].flatMap(globOf) : [],
  };
}

/** Why a token cannot be used, in words, as far as a look at it tells; null where nothing speaks against it. */
export function tokenFault(token: string, now: number): string | null {
  if (token === "") return "Paste a token first.";
  const claims = readClaims(token);
  if (claims === null) return "This is not a token: a JWT has three parts with dots between them.";
  if (claims.expires !== null && claims.expires <= now) {
    return `This token expired ${new Date(claims.expires).toLocaleString()}. Sign in with a new one.`;
  }
  return null;
}

function parseObject(part: string): Record<string, unknown> | null {
  const bytes = base64UrlDecode(part);
  const text = bytes === null ? null : utf8Decode(bytes);
  if (text === null) return null;
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

function globOf(grant: unknown): string[] {
  const { keys } = asObject(grant);
  return typeof keys === "string" ? [keys] : [];
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
