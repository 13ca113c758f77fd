/** Bytes of the smallest block. */
const SMALLEST = 32;
/** Bytes from which on there are sizes between the powers of two. */
const LARGE = 512;
/** Bytes of memory that blocks are cut from, where one is not larger than that. */
const REGION = 256 * 1_024;
/** What stands in a block begins at a multiple of it, bytes. */
export const ALIGNMENT = 8;

/** A piece of memory outside the heap, cut into blocks of one size. */
export class Region {
  readonly memory: ArrayBufferLike;
  readonly bytes: Buffer;
  /** The same memory as numbers of eight bytes each, and of four. */
  readonly doubles: Float64Array;
  readonly words: Uint32Array;
  /** Bytes of each block. */
  readonly size: number;
  readonly #free: number[] = [];
  /** What is behind it was never taken. */
  #untouched = 0;

  constructor(memory: ArrayBufferLike, size: number) {
    this.memory = memory;
    this.size = size;
    this.bytes = Buffer.from(memory);
    this.doubles = new Float64Array(memory);
    this.words = new Uint32Array(memory);
  }

  get isFull(): boolean {
    return this.#free.length === 0 && this.#untouched + this.size > this.bytes.length;
  }

  get isEmpty(): boolean {
    return this.#free.length * this.size === this.#untouched;
  }

  /** Whether less than half of it is taken. */
  get isSparse(): boolean {
    return 2 * (this.#untouched - this.#free.length * this.size) < this.bytes.length;
  }

  /** @returns where the block begins, bytes */
  take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const at = this.#untouched;
    this.#untouched += this.size;
    return at;
  }

  give(at: number): void {
    this.#free.push(at);
  }
}

/**
 * Memory for what many channels keep a little of: on the heap, the collector would move and mark each piece
 * of it. Small sizes double, larger ones grow by a third or a half, so that whoever needs more and more moves
 * seldom.
 */
export class Blocks {
  /** Regions with room, by the size of their blocks. */
  readonly #open = new Map<number, Region[]>();
  /** Memory that no block is in. */
  readonly #spare: ArrayBufferLike[] = [];
  #bytes = 0;

  /** Of all blocks that are taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The size of the smallest block that so many bytes fit into: a power of two, or, where it is large, one and a half of one. */
  static sizeFor(bytes: number): number {
    let power = SMALLEST;
    // In whole numbers alone: places that are counted from others would be kept somewhere else, as doubles.
    while (power < bytes) power *= 2;
    const between = (power / 4) * 3;
    return power > LARGE && bytes <= between ? between : power;
  }

  /**
   * @param size one of `sizeFor`
   * @returns where the block is: its region, and where it begins there
   */
  take(size: number): { readonly region: Region; readonly at: number } {
    const regions = this.#openOf(size);
    let region = regions.at(-1);
    if (region === undefined) {
      region = new Region(this.#memory(Math.max(size, REGION)), size);
      regions.push(region);
    }
    const at = region.take();
    if (region.isFull) regions.pop();
    this.#bytes += size;
    return { region, at };
  }

  /** The block is nobody's any more. */
  give(region: Region, at: number): void {
    const regions = this.#openOf(region.size);
    if (region.isFull) regions.push(region);
    region.give(at);
    this.#bytes -= region.size;
    if (!region.isEmpty) return;
    regions.splice(regions.indexOf(region), 1);
    if (region.size <= REGION) this.#spare.push(region.memory);
  }

  /** Whether what is there had better go to another block of that size, so that a region is left in the end. */
  isToEmpty(region: Region): boolean {
    return region.isSparse && this.#openOf(region.size).at(-1) !== region;
  }

  #openOf(size: number): Region[] {
    const known = this.#open.get(size);
    if (known !== undefined) return known;
    const regions: Region[] = [];
    this.#open.set(size, regions);
    return regions;
  }

  #memory(size: number): ArrayBufferLike {
    // The collector frees it, and is to know how much it is.
    if (size > REGION) return new ArrayBuffer(size);
    // Shared with nobody. But V8 counts other memory as growth of the heap, and would look over all of it.
    return this.#spare.pop() ?? new SharedArrayBuffer(REGION);
  }
}
