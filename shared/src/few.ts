/**
 * A set of objects that mostly holds one, and then is that one itself: millions of sets of one take no
 * memory, and who looks at them need not go to two more places for it.
 */
export type Few<T extends object> = T | Set<T> | undefined;

/** The set with the item in it, in place of the one that was given. */
export function withOne<T extends object>(few: Few<T>, item: T): Few<T> {
  if (few === undefined || few === item) return item;
  return few instanceof Set ? few.add(item) : new Set([few, item]);
}

/** The set without the item, in place of the one that was given. */
export function withoutOne<T extends object>(few: Few<T>, item: T): Few<T> {
  if (!(few instanceof Set)) return few === item ? undefined : few;
  few.delete(item);
  return few.size === 0 ? undefined : few;
}

/** The empty set, in place of the one that was given: a visit of it that is under way ends. */
export function withNone<T extends object>(few: Few<T>): undefined {
  if (few instanceof Set) few.clear();
}

/** Calls `visit` for each, in the order in which they came in; those that go meanwhile are left out. */
export function visitEach<T extends object>(few: Few<T>, visit: (item: T) => void): void {
  if (few instanceof Set) for (const item of few) visit(item);
  else if (few !== undefined) visit(few);
}

export function isAmong<T extends object>(few: Few<T>, item: T): boolean {
  return few instanceof Set ? few.has(item) : few === item;
}

export function countOf<T extends object>(few: Few<T>): number {
  if (few instanceof Set) return few.size;
  return few === undefined ? 0 : 1;
}

/** The item where there is one alone; undefined as well where there were more since it was empty. */
export function soleOf<T extends object>(few: Few<T>): T | undefined {
  return few instanceof Set ? undefined : few;
}

/** Its items, in the order in which they came in. */
export function listOf<T extends object>(few: Few<T>): T[] {
  if (few instanceof Set) return [...few];
  return few === undefined ? [] : [few];
}
