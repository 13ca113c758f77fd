import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { createRemoteJWKSet, type JWTVerifyGetKey } from "jose";

/** How tokens are verified: with one of a secret, a public key, or the keys behind a URL. */
export interface KeySettings {
  readonly jwtSecret: string | undefined;
  /** PEM (SPKI), or a JSON Web Key. */
  readonly jwtPublicKey: string | undefined;
  readonly jwtJwksUrl: string | undefined;
  /** By the kind of key where undefined. */
  readonly jwtAlgorithms: readonly string[] | undefined;
}

export interface VerificationKey {
  readonly key: KeyObject | JWTVerifyGetKey;
  readonly algorithms: string[];
}

/** ms between two fetches at least, however many tokens name keys that nobody knows. */
const JWKS_COOLDOWN = 1_000;
/** ms after which the keys are fetched again, so that one that was withdrawn is forgotten. */
const JWKS_MAX_AGE = 10 * 60_000;
const JWKS_TIMEOUT = 5_000;

const HMAC = ["HS256", "HS384", "HS512"];
const RSA = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const EC: ReadonlyMap<string | undefined, string> = new Map([
  ["prime256v1", "ES256"],
  ["secp384r1", "ES384"],
  ["secp521r1", "ES512"],
]);
const PUBLIC = [...RSA, ...EC.values(), "EdDSA", "Ed25519"];

/**
 * A secret goes with HMAC alone and a public key with signatures alone, whatever a token's header
 * says: a token signed with the public key's own text as a secret is no token.
 *
 * @throws Error where no key is configured, or one cannot be read or used
 */
export function verificationKey(settings: KeySettings): VerificationKey {
  const { jwtSecret, jwtPublicKey, jwtJwksUrl } = settings;
  if (jwtPublicKey !== undefined) {
    const key = readPublicKey(jwtPublicKey);
    return { key, algorithms: allowed(settings, algorithmsOf(key)) };
  }
  if (jwtJwksUrl !== undefined) {
    const key = createRemoteJWKSet(new URL(jwtJwksUrl), {
      cooldownDuration: JWKS_COOLDOWN,
      cacheMaxAge: JWKS_MAX_AGE,
      timeoutDuration: JWKS_TIMEOUT,
    });
    return { key, algorithms: allowed(settings, PUBLIC) };
  }
  if (jwtSecret !== undefined) {
    return { key: createSecretKey(jwtSecret, "utf8"), algorithms: allowed(settings, HMAC) };
  }
  throw new Error("tokens cannot be verified without a secret, a public key or a JWKS URL");
}

function allowed({ jwtAlgorithms }: KeySettings, possible: readonly string[]): string[] {
  const algorithms = possible.filter((name) => jwtAlgorithms?.includes(name) ?? true);
  if (algorithms.length > 0) return algorithms;
  throw new Error(
    `the key takes ${possible.join(", ")}, and none of ${jwtAlgorithms?.join(", ")} is among them`,
  );
}

function readPublicKey(text: string): KeyObject {
  if (!text.trimStart().startsWith("{")) return createPublicKey(text.replaceAll("\\n", "\n"));
  return createPublicKey({ key: JSON.parse(text) as JsonWebKey, format: "jwk" });
}

function algorithmsOf(key: KeyObject): string[] {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return RSA;
    case "rsa-pss":
      return RSA.filter((name) => name.startsWith("PS"));
    case "ed25519":
      return ["EdDSA", "Ed25519"];
    default:
      return [EC.get(key.asymmetricKeyDetails?.namedCurve) ?? `no ${key.asymmetricKeyType} key`];
  }
}
