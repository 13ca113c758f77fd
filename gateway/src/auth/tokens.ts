import { createHash } from "node:crypto";
import { type Clock, WireError } from "@keywire/shared";
import { errors, type JWTPayload, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import { type Roles, readRights } from "./claims.js";
import type { Grant } from "./grants.js";
import { type KeySettings, type VerificationKey, verificationKey } from "./keys.js";

/** Who a token speaks for, and what it allows. */
export interface Identity {
  readonly user: string;
  readonly tokenId: string | undefined;
  /** ms since the Unix epoch. */
  readonly issuedAt: number | undefined;
  /** ms since the Unix epoch. */
  readonly expires: number;
  readonly admin: boolean;
  readonly grants: readonly Grant[];
}

export interface TokenSettings extends KeySettings {
  readonly jwtIssuer: string | undefined;
  readonly jwtAudience: string | undefined;
  /** ms the issuer's clock may be off. */
  readonly jwtClockTolerance: number;
  /** The claim that holds the grants. */
  readonly jwtClaim: string;
  readonly roles: Roles | undefined;
}

/** Tokens whose signature is not checked again: thousands come back at once after a restart. */
const CACHE_SIZE = 50_000;
/** ms after which it is, so that a key which was withdrawn stops counting. */
const CACHE_TTL = 5 * 60_000;

/** Verifies tokens: their signature, their time, who they are for, and what they allow. */
export class Authenticator {
  readonly #settings: TokenSettings;
  readonly #clock: Clock;
  readonly #key: VerificationKey;
  readonly #verified: LRUCache<string, Identity>;

  /** @throws Error where the configured key cannot be used */
  constructor(settings: TokenSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#key = verificationKey(settings);
    this.#verified = new LRUCache({ max: CACHE_SIZE, ttl: CACHE_TTL, perf: clock });
  }

  /** @throws WireError `unauthorized`, `token_expired`, or `unavailable` where the keys cannot be had */
  async verify(token: string): Promise<Identity> {
    const id = createHash("sha256").update(token).digest("base64");
    const known = this.#verified.get(id);
    if (known !== undefined && known.expires > this.#clock.now()) return known;
    const identity = this.#identify(await this.#payload(token));
    this.#verified.set(id, identity);
    return identity;
  }

  async #payload(token: string): Promise<JWTPayload> {
    const { jwtIssuer, jwtAudience, jwtClockTolerance } = this.#settings;
    const { key, algorithms } = this.#key;
    const options = {
      algorithms,
      requiredClaims: ["exp", "sub"],
      clockTolerance: jwtClockTolerance / 1_000,
      currentDate: new Date(this.#clock.now()),
      ...(jwtIssuer === undefined ? {} : { issuer: jwtIssuer }),
      ...(jwtAudience === undefined ? {} : { audience: jwtAudience }),
    };
    try {
      const verified =
        typeof key === "function"
          ? await jwtVerify(token, key, options)
          : await jwtVerify(token, key, options);
      return verified.payload;
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  #identify(payload: JWTPayload): Identity {
    const { sub, jti, iat, exp } = payload;
    if (sub === undefined || sub === "" || exp === undefined) {
      throw new WireError("unauthorized", `the token's "sub" must name its user`);
    }
    const { jwtClaim, roles } = this.#settings;
    return {
      user: sub,
      tokenId: jti,
      issuedAt: iat === undefined ? undefined : iat * 1_000,
      expires: exp * 1_000,
      ...readRights(payload, jwtClaim, roles ?? {}),
    };
  }

  #refusal(error: unknown): WireError {
    if (error instanceof errors.JWTExpired) {
      return new WireError("token_expired", "the token has expired; get a new one");
    }
    if (error instanceof errors.JWTClaimValidationFailed) {
      return new WireError("unauthorized", `the token is not valid: ${error.message}`);
    }
    if (error instanceof errors.JOSEAlgNotAllowed) {
      const taken = this.#key.algorithms.join(", ");
      return new WireError("unauthorized", `the token's algorithm is not accepted; ${taken} are`);
    }
    if (
      error instanceof errors.JWKSNoMatchingKey ||
      error instanceof errors.JWKSMultipleMatchingKeys
    ) {
      return new WireError("unauthorized", "no key of the issuer goes with the token");
    }
    if (error instanceof errors.JWSSignatureVerificationFailed) {
      return new WireError("unauthorized", "the token's signature is wrong");
    }
    if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) {
      return new WireError("unauthorized", "the token is no signed JWT");
    }
    // A key that does not go with the header's algorithm is the token's fault, in a TypeError.
    if (typeof this.#key.key !== "function") {
      return new WireError("unauthorized", "the token cannot be verified with this gateway's key");
    }
    const message = "the issuer's keys cannot be fetched just now; try again later";
    return new WireError("unavailable", message, { cause: error });
  }
}
