import { LRUCache } from "lru-cache";

/** keys whose type is remembered */
const REMEMBERED = 65_536;

/** The types that keys had when they were read last: a guess for events that do not name one. */
export class KnownTypes {
  readonly #types = new LRUCache<string, string>({ max: REMEMBERED });

  get(id: string): string | undefined {
    return this.#types.get(id);
  }

  /** @param type undefined where the key does not exist */
  note(id: string, type: string | undefined): void {
    if (type === undefined) this.#types.delete(id);
    else this.#types.set(id, type);
  }
}
