import { VirtualClock } from "@keywire/shared/testing";
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import { expect } from "vitest";
import { Authenticator, type Identity, type TokenSettings } from "../tokens.js";

export const SECRET = "a secret of at least thirty-two bytes";
/** s since the Unix epoch: what the tests' clocks begin with. */
export const NOW = 1_780_000_000;

export const CLAIMS: JWTPayload = {
  sub: "alice",
  exp: NOW + 3_600,
  iat: NOW - 1,
  keywire: { grants: [{ keys: "a*" }] },
};

export const clockAtNow = () => new VirtualClock(NOW * 1_000);

export function authenticator(
  settings: Partial<TokenSettings>,
  clock = clockAtNow(),
  failed?: (error: unknown) => void,
): { verify(token: string): Promise<Identity> } {
  const defaults: TokenSettings = {
    jwtSecret: undefined,
    jwtPublicKey: undefined,
    jwtJwksUrl: undefined,
    jwtAlgorithms: undefined,
    jwtIssuer: undefined,
    jwtAudience: undefined,
    jwtClockTolerance: 0,
    jwtClaim: "keywire",
    roles: undefined,
  };
  const made = new Authenticator({ ...defaults, ...settings }, clock, failed);
  return { verify: async (token) => made.verify(token) };
}

/** A token signed with a secret: any text or bytes, a public key's among them. */
export function signWithSecret(
  payload: object,
  secret: string | Uint8Array = SECRET,
  header: { readonly alg: string; readonly kid?: string } = { alg: "HS256" },
): Promise<string> {
  const key = typeof secret === "string" ? new TextEncoder().encode(secret) : secret;
  return new SignJWT({ ...payload }).setProtectedHeader(header).sign(key);
}

export interface Signer {
  /** The public half, as an issuer publishes it. */
  readonly jwk: JWK;
  sign(payload: JWTPayload, header?: { readonly kid?: string }): Promise<string>;
}

export async function signer(alg: string, kid = "k"): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg },
    sign: (payload, header = { kid }) =>
      new SignJWT(payload).setProtectedHeader({ alg, ...header }).sign(privateKey),
  };
}

export const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });
