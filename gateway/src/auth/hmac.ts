import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";

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
   * Whether a compact JWS with a plain header was signed with the secret.
   *
   * @returns true where that is certain; else verifying in full tells what is wrong, if anything is
   */
  hasSigned(token: string): boolean {
    const end = token.lastIndexOf(".");
    const digest = this.#digestFor(token.slice(0, token.indexOf(".")));
    if (digest === undefined) return false;
    const hmac = createHmac(digest, this.#key).update(token.slice(0, end));
    const expected = hmac.digest("base64url");
    const signature = Buffer.from(token.slice(end + 1));
    // As text: one signature has one spelling.
    return (
      signature.length === expected.length && timingSafeEqual(signature, Buffer.from(expected))
    );
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
    const parsed = JSON.parse(Buffer.from(header, "base64url").toString());
    if (typeof parsed !== "object" || parsed === null) return undefined;
    if ("crit" in parsed || "b64" in parsed) return undefined;
    return algorithms.find((name) => name === parsed.alg);
  } catch {
    return undefined;
  }
}

/** The same token as jose reads one whose signature is not its business: its claims alone. */
export function unsecured(token: string): string {
  return `${NO_ALGORITHM}.${token.split(".")[1]}.`;
}

const NO_ALGORITHM = Buffer.from('{"alg":"none"}').toString("base64url");
