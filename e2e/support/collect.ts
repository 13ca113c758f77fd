import { type WaitOptions, waitFor } from "./wait.js";

/** Keeps what a callback is handed, in order, so that a test can wait for it. */
export interface Collection<T> {
  readonly items: readonly T[];
  /** Bound: may be passed as a listener. */
  readonly add: (item: T) => void;
  /** Resolves with the first `count` items once there are as many. */
  atLeast(count: number, options?: Partial<WaitOptions>): Promise<readonly T[]>;
  /** Resolves with the first item that matches, now or later. */
  first(matches: (item: T) => boolean, options?: Partial<WaitOptions>): Promise<T>;
  clear(): void;
}

export function collect<T>(): Collection<T> {
  const items: T[] = [];
  return {
    items,
    add: (item) => {
      items.push(item);
    },
    async atLeast(count, options) {
      await waitFor(() => items.length >= count, {
        what: `${count} items (${items.length} when asked)`,
        ...options,
      });
      return items.slice(0, count);
    },
    async first(matches, options) {
      const found = await waitFor(
        () => {
          const item = items.find(matches);
          return item === undefined ? undefined : { item };
        },
        { what: "an item that matches", ...options },
      );
      return found.item;
    },
    clear: () => {
      items.length = 0;
    },
  };
}
