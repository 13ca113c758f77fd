import { utf8Decode } from "@keywire/shared";
import { type JWTClaimVerificationOptions, type JWTPayload, UnsecuredJWT } from "jose";

/** What a token's claims have to say. */
export interface Demands {
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  /** Seconds that the issuer's clock may be off. */
  readonly tolerance: number;
}

/** The same, as jose takes it. */
export function checksOf(demands: Demands, now: number): JWTClaimVerificationOptions {
  const { issuer, audience, tolerance } = demands;
  return {
    requiredClaims: ["exp", "sub"],
    clockTolerance: tolerance,
    currentDate: new Date(now),
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
}

/**
 * The claims of a token whose signature was found to be right. Jose takes three times as long for them, so
 * it judges those alone that are not plainly in order, and tells what is wrong with them.
 *
 * @param encoded base64url
 * @param now ms since the Unix epoch
 * @throws what jose throws
 */
export function readClaims(encoded: string, demands: Demands, now: number): JWTPayload {
  const claims = plainClaims(encoded);
  if (claims !== undefined && areInOrder(claims, demands, now)) return claims;
  return UnsecuredJWT.decode(`${NO_ALGORITHM}.${encoded}.`, checksOf(demands, now)).payload;
}

const NO_ALGORITHM = Buffer.from('{"alg":"none"}').toString("base64url");
const BASE64URL = /^[\w-]+$/;

function plainClaims(encoded: string): JWTPayload | undefined {
  // Node leaves out what is no base64url, and the rest of what was cut off.
  if (!BASE64URL.test(encoded) || encoded.length % 4 === 1) return undefined;
  const text = utf8Decode(Buffer.from(encoded, "base64url"));
  if (text === null) return undefined;
  try {
    const claims: unknown = JSON.parse(text);
    return isObject(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JWTPayload {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function areInOrder(claims: JWTPayload, demands: Demands, now: number): boolean {
  const { sub, exp, nbf, iat, iss, aud } = claims;
  const { issuer, audience, tolerance } = demands;
  const seconds = Math.floor(now / 1_000);
  return (
    sub !== undefined &&
    typeof exp === "number" &&
    exp > seconds - tolerance &&
    (nbf === undefined || (typeof nbf === "number" && nbf <= seconds + tolerance)) &&
    (iat === undefined || typeof iat === "number") &&
    (issuer === undefined || iss === issuer) &&
    (audience === undefined || aud === audience || (Array.isArray(aud) && aud.includes(audience)))
  );
}
