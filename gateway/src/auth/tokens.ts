import { hash, KeyObject } from "node:crypto";
import type { Clock } from "@keywire/shared";
import { type JWTPayload, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import { type Rights, RightsReader } from "./claims.js";
import { checksOf, type Demands, readClaims } from "./claims-set.js";
import { Secret } from "./hmac.js";
import { type KeySettings, type VerificationKey, verificationKey } from "./keys.js";
import { type Expected, refusalOf } from "./refusal.js";
import { type Claims, parseRoles, type RoleTexts } from "./roles.js";
import { assertStandard } from "./standard-claims.js";

/** Who a token speaks for, and what it allows. */
export interface Identity extends Rights {
  readonly user: string;
  readonly tokenId: string | undefined;
  /** ms since the Unix epoch. */
  readonly issuedAt: number | undefined;
  /** ms since the Unix epoch. */
  readonly expires: number;
  /** ms since the Unix epoch: as long again as the issuer's clock may be off. */
  readonly countsUntil: number;
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

/** Verifies tokens: their signature, their time, who they are for, and what they allow. */
export class Authenticator {
  readonly #settings: TokenSettings;
  readonly #clock: Clock;
  readonly #key: VerificationKey;
  /** Where tokens are signed with one. */
  readonly #secret: Secret | undefined;
  readonly #demands: Demands;
  readonly #rights: RightsReader;
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
    this.#secret = isSecret(key) ? new Secret(key, algorithms) : undefined;
    this.#demands = {
      issuer: settings.jwtIssuer,
      audience: settings.jwtAudience,
      tolerance: settings.jwtClockTolerance / 1_000,
    };
    this.#rights = new RightsReader(settings.jwtClaim, parseRoles(settings.roles ?? {}));
    this.#verified = new LRUCache({
      maxSize: CACHE_SIZE,
      sizeCalculation: ({ grants }) => 1 + grants.length,
      ttl: CACHE_TTL,
      // Without a pause between two looks at the clock there is no timer either.
      ttlResolution: 0,
      perf: clock,
    });
  }

  /**
   * At once where a secret signs tokens, or the token was verified before.
   *
   * @throws WireError `unauthorized`, `token_expired`, or `unavailable` where the keys cannot be had
   */
  verify(token: string): Identity | Promise<Identity> {
    const id = hash("sha256", token, "base64");
    const known = this.#verified.get(id);
    if (known !== undefined && known.countsUntil > this.#clock.now()) return known;
    const payload = this.#secret?.payloadOf(token);
    if (payload !== undefined) return this.#remember(id, this.#claimsIn(payload));
    return this.#pending.get(id) ?? this.#begin(id, token);
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

  #claimsIn(payload: string): JWTPayload {
    try {
      return readClaims(payload, this.#demands, this.#clock.now());
    } catch (error) {
      throw refusalOf(error, this.#expected());
    }
  }

  async #verifyInFull(token: string): Promise<JWTPayload> {
    const { key, algorithms } = this.#key;
    const options = { algorithms, ...checksOf(this.#demands, this.#clock.now()) };
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

  #identify(payload: JWTPayload): Identity {
    const claims: Claims = payload;
    assertStandard(claims);
    const { sub, exp, iat, jti } = claims;
    const { grants, admin } = this.#rights.read(claims);
    return {
      user: sub,
      tokenId: jti,
      issuedAt: iat === undefined ? undefined : iat * 1_000,
      expires: exp * 1_000,
      countsUntil: exp * 1_000 + this.#settings.jwtClockTolerance,
      grants,
      admin,
    };
  }

  #expected(): Expected {
    const { issuer, audience } = this.#demands;
    return { algorithms: this.#key.algorithms, issuer, audience };
  }
}

function isSecret(key: VerificationKey["key"]): key is KeyObject {
  return key instanceof KeyObject && key.type === "secret";
}
