import { type JWTPayload, SignJWT } from "jose";

/** What `startGateway` and `mintToken` share unless a test says otherwise. */
export const TEST_SECRET = "a secret for tests alone, of more than 32 bytes";
/** s */
const DEFAULT_LIFETIME = 3_600;

export interface TestGrant {
  /** A Redis glob. */
  readonly keys: string;
  readonly events?: readonly string[];
  readonly db?: number | "*";
  readonly values?: boolean;
}

export interface TokenOptions {
  /** Default "tester". */
  readonly sub?: string;
  /** Default every key, with values. */
  readonly grants?: readonly TestGrant[];
  readonly admin?: boolean;
  /** Seconds since the Unix epoch; default in an hour. */
  readonly exp?: number;
  /** Default `TEST_SECRET`. */
  readonly secret?: string;
  /** Further claims, such as `jti` or `aud`. */
  readonly claims?: JWTPayload;
}

/** A JWT, HS256. */
export async function mintToken(options: TokenOptions = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const grants = options.grants ?? [{ keys: "*", db: "*", values: true }];
  return new SignJWT({ keywire: { grants, admin: options.admin ?? false }, ...options.claims })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(options.sub ?? "tester")
    .setIssuedAt(now)
    .setExpirationTime(options.exp ?? now + DEFAULT_LIFETIME)
    .sign(Buffer.from(options.secret ?? TEST_SECRET));
}
