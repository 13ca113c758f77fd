import type { Cursor } from "@keywire/shared";

/** A place in a channel, as it stands in the id of an SSE event: `1x0q7zd.k3f9a2.123`. */
const PLACE = /^([0-9a-z]+)\.([^,]*)\.(\d{1,15})$/;
/** What no gateway can resume from, and says so. */
const UNKNOWN: Cursor = { epoch: "", offset: 0 };

/** Where a client stands in each of its channels: what a browser sends back as `Last-Event-ID`. */
export class Places {
  readonly #places = new Map<string, string>();

  /** How many channels there are. */
  get size(): number {
    return this.#places.size;
  }

  has(channel: string): boolean {
    return this.#places.has(channel);
  }

  move(channel: string, { epoch, offset }: Cursor): void {
    this.#places.set(channel, placeOf(channel, epoch, offset));
  }

  leave(channel: string): void {
    this.#places.delete(channel);
  }

  toString(): string {
    return [...this.#places.values()].join(",");
  }
}

export function placeOf(channel: string, epoch: string, offset: number): string {
  return `${tagOf(channel)}.${epoch}.${offset}`;
}

/**
 * Reads what a client sent back: where it goes on in a channel, undefined where it was not on it.
 * What cannot be read counts as a place that nobody knows: the client is then told of a gap.
 */
export function readPlaces(id: string): (channel: string) => Cursor | undefined {
  const places = new Map<string, Cursor>();
  for (const text of id.split(",")) {
    const [, tag, epoch, offset] = PLACE.exec(text.trim()) ?? [];
    if (tag === undefined || epoch === undefined) return () => UNKNOWN;
    places.set(tag, { epoch, offset: Number(offset) });
  }
  return (channel) => places.get(tagOf(channel));
}

/** FNV-1a: short, so that the places of many channels fit into a header. */
function tagOf(channel: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < channel.length; index++) {
    hash = Math.imul(hash ^ channel.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}
