import type { Event } from "./ports.js";

/** What stands between two fences of one node's stream. */
export interface Segment {
  /** Goes up along the stream. */
  readonly no: number;
  /** Of the fence that it begins with. */
  readonly id: string | undefined;
  /** Whether other gateways know that fence. */
  readonly isShared: boolean;
}

/** Fences remembered per node, s' worth of them: what is said of older ones comes too late to be of use. */
const MAX_KNOWN = 8_192;

/** The fences of one node in their order, as this gateway was told of them. */
export class Places {
  readonly node: string;
  /** The event that was told last: it is told once more where several interests are about it. */
  newest: Event | undefined;
  #current: Segment = { no: 0, id: undefined, isShared: false };
  #passed: Segment = this.#current;
  readonly #known = new Map<string, Segment>();

  constructor(node: string) {
    this.node = node;
  }

  /** Where the stream is. */
  get current(): Segment {
    return this.#current;
  }

  /** All that was received before this one begins has been told. */
  get passed(): Segment {
    return this.#passed;
  }

  /** @param isShared whether other gateways know the fence */
  raise(id: string, isShared: boolean): Segment {
    const segment: Segment = { no: this.#current.no + 1, id, isShared };
    this.#current = segment;
    this.#known.set(id, segment);
    if (this.#known.size > MAX_KNOWN) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    return segment;
  }

  pass(id: string): void {
    const segment = this.#known.get(id);
    if (segment !== undefined && segment.no > this.#passed.no) this.#passed = segment;
  }

  find(id: string): Segment | undefined {
    return this.#known.get(id);
  }

  /** The segment of an event that bears the fence's id. */
  segmentOf(after: string | undefined): Segment {
    if (after === this.#current.id || after === undefined) return this.#current;
    const known = this.#known.get(after);
    if (known !== undefined) return known;
    // It stood there before we listened to fences; or it is forgotten, and later is safe.
    return this.#current.no === 0 ? this.raise(after, false) : this.#current;
  }
}
