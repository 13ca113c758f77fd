/** What a test holds and must give back: servers, folders, connections. */
const held = new Set<() => Promise<void>>();

/**
 * Registers how to give something back; the answer gives it back, once however often it is called.
 * What a test forgets, or never reaches because it failed, `releaseAll` gives back.
 */
export function hold(release: () => Promise<void> | void): () => Promise<void> {
  let released: Promise<void> | undefined;
  const once = (): Promise<void> => {
    held.delete(once);
    released ??= Promise.resolve().then(release);
    return released;
  };
  held.add(once);
  return once;
}

/** Gives everything back, the newest first, because the newer may rest on the older. */
export async function releaseAll(): Promise<void> {
  const faults: unknown[] = [];
  for (const release of [...held].reverse()) {
    await release().catch((fault: unknown) => faults.push(fault));
  }
  if (faults.length > 0)
    throw new AggregateError(faults, "some of what the tests held did not end");
}
