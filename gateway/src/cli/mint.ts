import { randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import type { Config } from "../config.js";

/** What a token allows, as its claim spells it. */
export interface TokenGrant {
  /** A Redis glob. */
  readonly keys: string;
  readonly events?: readonly string[] | undefined;
  readonly db?: number | "*" | undefined;
  readonly values?: boolean | undefined;
}

export interface TokenRequest {
  readonly subject: string;
  readonly grants: readonly TokenGrant[];
  readonly roles?: readonly string[];
  readonly admin: boolean;
  /** ms */
  readonly ttl: number;
}

type Signing = Pick<Config, "jwtAlgorithms" | "jwtIssuer" | "jwtAudience" | "jwtClaim"> & {
  readonly jwtSecret: string;
};

/** A token that a gateway with this configuration takes, signed with its secret. */
export async function mintToken(request: TokenRequest, signing: Signing): Promise<string> {
  const { subject, grants, roles = [], admin, ttl } = request;
  const now = Math.floor(Date.now() / 1_000);
  const allowed = {
    ...(grants.length > 0 ? { grants } : {}),
    ...(roles.length > 0 ? { roles } : {}),
    ...(admin ? { admin } : {}),
  };
  const jwt = new SignJWT({ [signing.jwtClaim]: allowed })
    .setProtectedHeader({ alg: signing.jwtAlgorithms?.[0] ?? "HS256" })
    .setSubject(subject)
    // An id lets this token be revoked alone.
    .setJti(randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + Math.ceil(ttl / 1_000));
  if (signing.jwtIssuer !== undefined) jwt.setIssuer(signing.jwtIssuer);
  if (signing.jwtAudience !== undefined) jwt.setAudience(signing.jwtAudience);
  return jwt.sign(new TextEncoder().encode(signing.jwtSecret));
}
