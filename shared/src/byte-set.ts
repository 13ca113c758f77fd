/** A set of bytes: what one place of a glob takes. */
export class ByteSet {
  readonly #words = new Uint32Array(8);
  #size = 0;

  static of(byte: number): ByteSet {
    const set = new ByteSet();
    set.add(byte);
    return set;
  }

  static all(): ByteSet {
    return new ByteSet().complement();
  }

  /** How many bytes it holds, 0 to 256. */
  get size(): number {
    return this.#size;
  }

  has(byte: number): boolean {
    return (((this.#words[byte >>> 5] ?? 0) >>> (byte & 31)) & 1) === 1;
  }

  add(byte: number): void {
    if (this.has(byte)) return;
    this.#words[byte >>> 5] = (this.#words[byte >>> 5] ?? 0) | (1 << (byte & 31));
    this.#size++;
  }

  complement(): ByteSet {
    const set = new ByteSet();
    for (let byte = 0; byte < 256; byte++) if (!this.has(byte)) set.add(byte);
    return set;
  }

  intersects(other: ByteSet): boolean {
    for (let word = 0; word < 8; word++) {
      if (((this.#words[word] ?? 0) & (other.#words[word] ?? 0)) !== 0) return true;
    }
    return false;
  }

  /** The lowest byte it holds, or undefined where it is empty. */
  first(): number | undefined {
    for (let byte = 0; byte < 256; byte++) if (this.has(byte)) return byte;
    return undefined;
  }
}
