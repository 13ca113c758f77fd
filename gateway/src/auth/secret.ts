import { type KeyObject, timingSafeEqual } from "node:crypto";
import { decodeProtectedHeader } from "jose";
import { type Digest, Hmac } from "./hmac.js";

const DIGESTS: readonly (readonly [algorithm: string, digest: Digest])[] = [
  ["HS256", "sha256"],
  ["HS384", "sha384"],
  ["HS512", "sha512"],
];

/**
 * A secret that tokens are signed with. Verifying in full goes to another thread and back, which costs
 * more than all else that connecting takes; after a restart thousands connect at once.
 */
export class Secret {
  /** By the algorithms that are allowed. */
  readonly #hmacs: ReadonlyMap<unknown, Hmac>;
  /** The newest header and what goes with it: nearly all tokens have the same. */
  #header = "";
  #hmac: Hmac | undefined;

  constructor(key: KeyObject, algorithms: readonly string[]) {
    const allowed = DIGESTS.filter(([algorithm]) => algorithms.includes(algorithm));
    this.#hmacs = new Map(allowed.map(([name, digest]) => [name, new Hmac(digest, key.export())]));
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
    const hmac = this.#hmacFor(token.slice(0, first));
    if (hmac === undefined) return undefined;
    const expected = hmac.of(token.slice(0, second));
    const signature = Buffer.from(token.slice(second + 1));
    // As text: one signature has one spelling, and no further part.
    const isRight =
      signature.length === expected.length && timingSafeEqual(signature, Buffer.from(expected));
    return isRight ? token.slice(first + 1, second) : undefined;
  }

  #hmacFor(header: string): Hmac | undefined {
    if (header !== this.#header) {
      this.#hmac = this.#hmacs.get(algorithmOf(header));
      this.#header = header;
    }
    return this.#hmac;
  }
}

/** What a header names that says nothing else of consequence. */
function algorithmOf(header: string): unknown {
  try {
    const parsed = decodeProtectedHeader({ protected: header });
    return "crit" in parsed || "b64" in parsed ? undefined : parsed.alg;
  } catch {
    return undefined;
  }
}
