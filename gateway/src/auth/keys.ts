import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { type Clock, systemClock } from "@keywire/shared";
import type { JWTVerifyGetKey } from "jose";
import { RemoteKeys } from "./jwks.js";

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

const HMAC = ["HS256", "HS384", "HS512"];
const RSA_PSS = ["PS256", "PS384", "PS512"];
const RSA = ["RS256", "RS384", "RS512", ...RSA_PSS];
const ED25519 = ["EdDSA", "Ed25519"];
const EC: ReadonlyMap<string | undefined, string> = new Map([
  ["prime256v1", "ES256"],
  ["secp384r1", "ES384"],
  ["secp521r1", "ES512"],
]);
const PUBLIC = [...RSA, ...EC.values(), ...ED25519];
/** Bits; RFC 7518 allows no shorter ones. */
const MIN_RSA = 2_048;

/**
 * A secret goes with HMAC alone and a public key with signatures alone, whatever a token's header
 * says: a token signed with the public key's own text as a secret is no token.
 *
 * @param failed told of every fetch of keys that failed
 * @throws Error where no key is configured, or one cannot be read or used
 */
export function verificationKey(
  settings: KeySettings,
  clock: Clock = systemClock,
  failed: (error: unknown) => void = () => {},
): VerificationKey {
  const { jwtSecret, jwtPublicKey, jwtJwksUrl } = settings;
  if (jwtPublicKey !== undefined) {
    const key = readPublicKey(jwtPublicKey);
    return { key, algorithms: allowed(settings, algorithmsOf(key)) };
  }
  if (jwtJwksUrl !== undefined) {
    const keys = new RemoteKeys(jwtJwksUrl, clock, failed);
    return { key: keys.find, algorithms: allowed(settings, PUBLIC) };
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
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  switch (type) {
    case "rsa":
    case "rsa-pss":
      if ((details?.modulusLength ?? 0) < MIN_RSA) throw unfit(`${type} of too few bits`);
      return type === "rsa" ? RSA : RSA_PSS;
    case "ed25519":
      return ED25519;
    default: {
      const algorithm = type === "ec" ? EC.get(details?.namedCurve) : undefined;
      if (algorithm === undefined) throw unfit(`${type} ${details?.namedCurve ?? ""}`.trimEnd());
      return [algorithm];
    }
  }
}

function unfit(kind: string): Error {
  return new Error(
    `the public key is ${kind}; tokens take RSA of ${MIN_RSA} bits or more, P-256, P-384, P-521 or Ed25519`,
  );
}
