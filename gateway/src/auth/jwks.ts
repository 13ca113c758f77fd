import type { Clock } from "@keywire/shared";
import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  type LocalJWKSet,
} from "jose";

/** ms between two fetches at least, however many tokens name keys that nobody knows. */
export const JWKS_COOLDOWN = 5_000;
/** ms after which the keys are fetched again, so that one that was withdrawn is forgotten. */
export const JWKS_MAX_AGE = 10 * 60_000;
/** ms for which they are used where they cannot be fetched again. */
export const JWKS_MAX_STALE = 3_600_000;
/** ms a fetch may take. */
const JWKS_TIMEOUT = 5_000;
/** A set of keys has a few kilobytes. */
const JWKS_MAX_BYTES = 1_048_576;

/** The issuer's keys could not be fetched: no fault of the token. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

/**
 * The keys that an issuer publishes at a URL. They are fetched when the first token comes, when they
 * are old, and when a token names one that is not among them; never more often than the cooldown
 * allows, whether that succeeds or not.
 */
export class RemoteKeys {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  #keys: LocalJWKSet | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #failure: unknown;
  #fetching: Promise<void> | undefined;

  /** @param failed told of every fetch that failed */
  constructor(url: string, clock: Clock, failed: (error: unknown) => void) {
    this.#url = url;
    this.#clock = clock;
    this.#failed = failed;
  }

  /** @throws KeysUnavailable, or a JOSEError where no key goes with the token */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#age() > JWKS_MAX_AGE) await this.#renew();
    try {
      return await this.#known()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#refresh();
      if (this.#failure !== undefined) throw this.#unavailable();
      return await this.#known()(header, token);
    }
  };

  /** While the issuer is away, tokens whose key is known do not wait for it each time. */
  async #renew(): Promise<void> {
    const refreshed = this.#refresh();
    if (this.#failure === undefined || this.#age() > JWKS_MAX_STALE) await refreshed;
  }

  #known(): LocalJWKSet {
    if (this.#keys === undefined || this.#age() > JWKS_MAX_STALE) throw this.#unavailable();
    return this.#keys;
  }

  #age(): number {
    return this.#clock.now() - this.#fetchedAt;
  }

  #unavailable(): KeysUnavailable {
    return new KeysUnavailable("the issuer's keys cannot be fetched", { cause: this.#failure });
  }

  /** Fetches, or waits for the fetch under way; within the cooldown what is known must do. */
  async #refresh(): Promise<void> {
    if (this.#fetching === undefined) {
      const now = this.#clock.now();
      if (now - this.#triedAt < JWKS_COOLDOWN) return;
      this.#triedAt = now;
      this.#fetching = this.#fetch().finally(() => {
        this.#fetching = undefined;
      });
    }
    await this.#fetching;
  }

  async #fetch(): Promise<void> {
    try {
      this.#keys = createLocalJWKSet(await fetchKeys(this.#url));
      this.#fetchedAt = this.#clock.now();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error;
      this.#failed(error);
    }
  }
}

async function fetchKeys(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    redirect: "error",
    signal: AbortSignal.timeout(JWKS_TIMEOUT),
    headers: { Accept: "application/jwk-set+json, application/json" },
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(
      `the URL of the issuer's keys answered ${response.status}, and must answer 200`,
    );
  }
  // What it holds beyond JSON is checked by jose, which takes nothing but a set of keys.
  return JSON.parse(await readText(response)) as JSONWebKeySet;
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > JWKS_MAX_BYTES) {
      throw new Error(`the issuer's keys are over ${JWKS_MAX_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
