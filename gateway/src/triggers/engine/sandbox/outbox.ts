import { CALL_HEAD, type PackedCommand, packCommand, packedLength } from "../wire/packing.js";

/** Bytes of commands that are sent in one piece, roughly. */
const PIECE = 64 * 1_024;

/**
 * Asynchronous commands on their way to the main thread, which are sent together: a message for each
 * would keep that thread from everything else, as a library may send very many in one go.
 */
export class Outbox {
  readonly #post: (requests: Uint8Array<ArrayBuffer>) => void;
  #piece = Buffer.from(new ArrayBuffer(PIECE));
  #length = 0;

  constructor(post: (requests: Uint8Array<ArrayBuffer>) => void) {
    this.#post = post;
  }

  add(call: number, command: PackedCommand): void {
    const length = packedLength(command);
    if (this.#length + CALL_HEAD + length > this.#piece.length) this.#renew(CALL_HEAD + length);
    this.#piece.writeUInt32LE(call, this.#length);
    this.#piece.writeUInt32LE(length, this.#length + 4);
    const start = this.#length + CALL_HEAD;
    this.#length = start + length;
    packCommand(command, this.#piece.subarray(start, this.#length));
  }

  flush(): void {
    if (this.#length === 0) return;
    this.#post(new Uint8Array(this.#piece.subarray(0, this.#length)));
    this.#length = 0;
  }

  /** @param needed bytes that the next command takes */
  #renew(needed: number): void {
    this.flush();
    const size = Math.max(PIECE, needed);
    if (this.#piece.length !== size) this.#piece = Buffer.from(new ArrayBuffer(size));
  }
}
