import { hash, KeyObject } from "node:crypto";
import { type Clock, WireError } from "@keywire/shared";
import { type JWTClaimVerificationOptions, type JWTPayload, jwtVerify, UnsecuredJWT } from "jose";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { readRights } from "./claims.js";
import { type Grant, GrantShelf } from "./grants.js";
import { Secret, unsecured } from "./hmac.js";
import { type KeySettings, type VerificationKey, verificationKey } from "./keys.js";
import { type Expected, refusalOf } from "./refusal.js";
import { parseRoles, type RoleTemplates, type RoleTexts } from "./roles.js";

/** Who a token speaks for, and what it allows. */
export interface Identity {
  readonly user: string;
  readonly tokenId: string | undefined;
  /** ms since the Unix epoch. */
  readonly issuedAt: number | undefined;
  /** ms since the Unix epoch. */
  readonly expires: number;
  /** ms since the Unix epoch: as long again as the issuer's clock may be off. */
  readonly countsUntil: number;
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
  readonly roles: RoleTexts | undefined;
}

/**
 * How much of what was verified is remembered, in identities and grants: thousands of sessions come
 * back at once after a restart. A grant takes about a kilobyte.
 */
const CACHE_SIZE = 100_000;
/** ms after which a token is verified again, so that a key which was withdrawn stops counting. */
const CACHE_TTL = 5 * 60_000;

/** Half a surrogate pair is no text in UTF-8: a revocation could not name it to other gateways. */
const TEXT = /^\P{Surrogate}*$/u;
const USER = "text that names the user";

const standardClaims = z.object({
  sub: z.string(USER).min(1, USER).regex(TEXT, USER),
  exp: z.number("a number of seconds"),
  iat: z.number("a number of seconds").optional(),
  jti: z.string("text").regex(TEXT, "text").optional(),
});

/** Verifies tokens: their signature, their time, who they are for, and what they allow. */
export class Authenticator {
  readonly #settings: TokenSettings;
  readonly #clock: Clock;
  readonly #key: VerificationKey;
  /** Where tokens are signed with one. */
  readonly #secret: Secret | undefined;
  readonly #roles: RoleTemplates;
  readonly #grants = new GrantShelf();
  readonly #verified: LRUCache<string, Identity>;
  /** Those being verified: a thousand sessions with one token verify it once. */
  readonly #pending = new Map<string, Promise<Identity>>();

  /**
   * @param failed told of every fetch of the issuer's keys that failed
   * @throws Error where the configured key or a role cannot be used
   */
  constructor(settings: TokenSettings, clock: Clock, failed?: (error: unknown) => void) {
    this.#settings = settings;
    this.#clock = clock;
    this.#key = verificationKey(settings, clock, failed);
    const { key, algorithms } = this.#key;
    this.#secret = key instanceof KeyObject ? new Secret(key, algorithms) : undefined;
    this.#roles = parseRoles(settings.roles ?? {});
    this.#verified = new LRUCache({
      maxSize: CACHE_SIZE,
      sizeCalculation: ({ grants }) => 1 + grants.length,
      ttl: CACHE_TTL,
      // Without a pause between two looks at the clock there is no timer either.
      ttlResolution: 0,
      perf: clock,
    });
  }

  /** @throws WireError `unauthorized`, `token_expired`, or `unavailable` where the keys cannot be had */
  async verify(token: string): Promise<Identity> {
    const id = hash("sha256", token, "base64");
    const known = this.#verified.get(id);
    if (known !== undefined && known.countsUntil > this.#clock.now()) return known;
    if (this.#secret?.hasSigned(token)) return this.#remember(id, this.#claimsOf(token));
    const pending = this.#pending.get(id) ?? this.#begin(id, token);
    return await pending;
  }

  #begin(id: string, token: string): Promise<Identity> {
    const pending = this.#verifyInFull(token)
      .then((payload) => this.#remember(id, payload))
      .finally(() => this.#pending.delete(id));
    this.#pending.set(id, pending);
    return pending;
  }

  #remember(id: string, payload: JWTPayload): Identity {
    const identity = this.#identify(payload);
    this.#verified.set(id, identity);
    return identity;
  }

  /** The claims of a token whose signature was found to be right. */
  #claimsOf(token: string): JWTPayload {
    try {
      return UnsecuredJWT.decode(unsecured(token), this.#checks()).payload;
    } catch (error) {
      throw refusalOf(error, this.#expected());
    }
  }

  async #verifyInFull(token: string): Promise<JWTPayload> {
    const { key, algorithms } = this.#key;
    const options = { algorithms, ...this.#checks() };
    try {
      const verified =
        typeof key === "function"
          ? await jwtVerify(token, key, options)
          : await jwtVerify(token, key, options);
      return verified.payload;
    } catch (error) {
      throw refusalOf(error, this.#expected());
    }
  }

  /** What claims have to say, as jose checks it. */
  #checks(): JWTClaimVerificationOptions {
    const { jwtIssuer, jwtAudience, jwtClockTolerance } = this.#settings;
    return {
      requiredClaims: ["exp", "sub"],
      clockTolerance: jwtClockTolerance / 1_000,
      currentDate: new Date(this.#clock.now()),
      ...(jwtIssuer === undefined ? {} : { issuer: jwtIssuer }),
      ...(jwtAudience === undefined ? {} : { audience: jwtAudience }),
    };
  }

  #identify(payload: JWTPayload): Identity {
    const parsed = standardClaims.safeParse(payload);
    if (!parsed.success) {
      const faults = parsed.error.issues.map(
        ({ path, message }) => `the token's "${path.join(".")}" must be ${message}`,
      );
      throw new WireError("unauthorized", faults.join("; "));
    }
    const { sub, exp, iat, jti } = parsed.data;
    return {
      user: sub,
      tokenId: jti,
      issuedAt: iat === undefined ? undefined : iat * 1_000,
      expires: exp * 1_000,
      countsUntil: exp * 1_000 + this.#settings.jwtClockTolerance,
      ...readRights(payload, this.#settings.jwtClaim, this.#roles, this.#grants),
    };
  }

  #expected(): Expected {
    const { jwtIssuer: issuer, jwtAudience: audience } = this.#settings;
    return { algorithms: this.#key.algorithms, issuer, audience };
  }
}
