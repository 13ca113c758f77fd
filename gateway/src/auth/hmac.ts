import { hash } from "node:crypto";

/** The digests that HMAC is made of here, and the bytes of their blocks. */
const BLOCKS = { sha256: 64, sha384: 128, sha512: 128 } as const;

export type Digest = keyof typeof BLOCKS;

/**
 * HMAC (RFC 2104) of texts, under one key. Node makes an object of each, and its collector has to take that
 * apart by itself: of thousands that connect, this took a twentieth of the time.
 */
export class Hmac {
  readonly #digest: Digest;
  readonly #block: number;
  /** The key's block with the RFC's ipad and opad; behind the latter is room for the inner hash. */
  readonly #inner: Uint8Array;
  readonly #outer: Uint8Array;

  constructor(digest: Digest, key: Uint8Array) {
    this.#digest = digest;
    this.#block = BLOCKS[digest];
    const block = new Uint8Array(this.#block);
    block.set(key.length > block.length ? hash(digest, key, "buffer") : key);
    this.#inner = block.map((byte) => byte ^ 0x36);
    this.#outer = new Uint8Array(block.length + hash(digest, "", "buffer").length);
    this.#outer.set(block.map((byte) => byte ^ 0x5c));
  }

  /** @returns base64url */
  of(text: string): string {
    const message = Buffer.allocUnsafe(this.#block + Buffer.byteLength(text));
    message.set(this.#inner);
    message.write(text, this.#block);
    this.#outer.set(hash(this.#digest, message, "buffer"), this.#block);
    return hash(this.#digest, this.#outer, "base64url");
  }
}
