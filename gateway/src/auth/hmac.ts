import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
import { decodeProtectedHeader } from "jose";

const DIGESTS: ReadonlyMap<unknown, string> = new Map([
  ["HS256", "sha256"],
  ["HS384", "sha384"],
  ["HS512", "sha512"],
]);

/**
 * A secret that tokens are signed with. Verifying in full goes to another thread and back, which costs
 * more than all else that connecting takes; after a restart thousands connect at once.
 */
export class Secret {
  readonly #key: KeyObject;
  readonly #algorithms: readonly string[];
  /** The newest header and its digest: nearly all tokens have the same. */
  #header = "";
  #digest: string | undefined;

  constructor(key: KeyObject, algorithms: readonly string[]) {
    this.#key = key;
    this.#algorithms = algorithms;
  }

  /**
   * The payload of a compact JWS with a plain header that was signed with the secret, as it is encoded.
   *
   * @returns undefined where that is not certain: verifying in full tells what is wrong, if anything is
   */
  payloadOf(token: string): string | undefined {
    const first = token.indexOf(".");
    const second = token.indexOf(".", first + 1);
    if (second < 0) return undefined;
    const digest = this.#digestFor(token.slice(0, first));
    if (digest === undefined) return undefined;
    const hmac = createHmac(digest, this.#key).update(token.slice(0, second));
    const expected = hmac.digest("base64url");
    const signature = Buffer.from(token.slice(second + 1));
    // As text: one signature has one spelling, and no further part.
    const isRight =
      signature.length === expected.length && timingSafeEqual(signature, Buffer.from(expected));
    return isRight ? token.slice(first + 1, second) : undefined;
  }

  #digestFor(header: string): string | undefined {
    if (header !== this.#header) {
      this.#digest = DIGESTS.get(algorithmOf(header, this.#algorithms));
      this.#header = header;
    }
    return this.#digest;
  }
}

/** The algorithm, of those allowed, that a header names which says nothing else of consequence. */
function algorithmOf(header: string, algorithms: readonly string[]): string | undefined {
  try {
    const parsed = decodeProtectedHeader({ protected: header });
    if ("crit" in parsed || "b64" in parsed) return undefined;
    return algorithms.find((name) => name === parsed.alg);
  } catch {
    return undefined;
  }
}
