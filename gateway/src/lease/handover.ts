import type { Places, Segment } from "./places.js";

/** What the next holder is told of where it begins. */
export interface Boundary {
  /** Ids of fences, one per node: what stands before is done. */
  readonly fences: readonly string[];
  /** Nodes that are no more, of which all is done. */
  readonly gone: readonly string[];
}

/** Parts on their way to other gateways: a fence on every node says up to where they are still this one's. */
export class Handover {
  /** When its first fence was raised, ms since the Unix epoch. */
  readonly began: number;
  /** Whether Redis was told to let go of some of the parts, or may have been. */
  isReleasing = false;
  readonly stops = new Map<Places, Segment>();
  /** By node. */
  readonly #fences = new Map<string, string>();
  readonly #passed = new Set<string>();

  constructor(began: number) {
    this.began = began;
  }

  raise(node: string, fence: string): void {
    this.#fences.set(node, fence);
  }

  /** It could not be raised, as far as is known; what has come by all the same has been raised. */
  forget(node: string): void {
    if (!this.#passed.has(node)) this.#fences.delete(node);
  }

  has(node: string): boolean {
    return this.#fences.has(node);
  }

  /** @returns whether it stands in for one that had been raised before: more is this gateway's now */
  raised(places: Places, fence: string, segment: Segment): boolean {
    if (this.#fences.get(places.node) !== fence) return false;
    const isAgain = this.stops.has(places);
    this.stops.set(places, segment);
    return isAgain;
  }

  /** @returns whether it is one of this handover's */
  passed(node: string, fence: string): boolean {
    if (this.#fences.get(node) !== fence) return false;
    this.#passed.add(node);
    return true;
  }

  /** Whether all that stands before the fences on these nodes has been told. */
  isDrawn(nodes: readonly { readonly id: string }[]): boolean {
    return nodes.length > 0 && nodes.every(({ id }) => this.#passed.has(id));
  }

  boundary(gone: readonly string[]): Boundary {
    return { fences: [...this.#fences.values()], gone };
  }
}

export function encodeBoundary(boundary: Boundary): string {
  return JSON.stringify(boundary);
}

/** Undefined where the last holder left none, or nothing that can be read. */
export function parseBoundary(text: string): Boundary | undefined {
  if (text === "") return undefined;
  try {
    const { fences, gone } = JSON.parse(text) as Partial<Boundary>;
    return isTexts(fences) && isTexts(gone) ? { fences, gone } : undefined;
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}
