import { WireError } from "@keywire/shared";
import { errors } from "jose";
import { KeysUnavailable } from "./jwks.js";

/** What was asked of the token, for the sentence that says what would be right. */
export interface Expected {
  readonly algorithms: readonly string[];
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** Why a token is refused, from what verifying it threw. */
export function refusalOf(error: unknown, expected: Expected): WireError {
  if (error instanceof WireError) return error;
  if (error instanceof errors.JWTExpired) {
    return new WireError("token_expired", "the token has expired; get a new one");
  }
  if (error instanceof KeysUnavailable) {
    const message = "the issuer's keys cannot be fetched just now; try again later";
    return new WireError("unavailable", message, { cause: error });
  }
  return new WireError("unauthorized", sentence(error, expected), { cause: error });
}

function sentence(error: unknown, expected: Expected): string {
  if (error instanceof errors.JWTClaimValidationFailed) return claimSentence(error, expected);
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return `the token's algorithm is not accepted; ${expected.algorithms.join(", ")} are`;
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return "no key of the issuer goes with the token's algorithm and kid";
  }
  if (error instanceof errors.JWKSMultipleMatchingKeys) {
    return "the issuer has several keys of this kind; the token must name one by its kid";
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return "the token's signature is wrong; it was signed with another key, or changed";
  }
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) {
    return "the token is no signed JWT";
  }
  // Among the rest: a critical header that nobody knows, a published key that cannot be used.
  return "the token cannot be verified with the key that it names";
}

function claimSentence(
  { claim, reason, payload }: errors.JWTClaimValidationFailed,
  { issuer, audience }: Expected,
): string {
  if (reason === "missing") return `the token lacks "${claim}"`;
  if (claim === "iss") return `the token's "iss" must be ${JSON.stringify(issuer)}`;
  if (claim === "aud") return `the token's "aud" must be or contain ${JSON.stringify(audience)}`;
  if (claim === "nbf" && reason === "check_failed") {
    return `the token does not count before ${moment(payload.nbf)}, by its "nbf"`;
  }
  return `the token's "${claim}" is not of the form that a JWT's is`;
}

/** Seconds since the Unix epoch as people write them. */
function moment(seconds: number | undefined): string {
  const date = new Date((seconds ?? Number.NaN) * 1_000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString();
}
