/** The keys that are written, and so those that clients can ask for. */

export const GROUPS = 12;
/** Each group has one of each: written again and again, in all ways. */
export const LASTING = ["a", "b", "c"] as const;

export function lastingKeys(): string[] {
  return Array.from({ length: GROUPS }, (_, group) =>
    LASTING.map((name) => `${prefixOf(group)}${name}`),
  ).flat();
}

/** Written once and deleted: every event of it is one of a kind. */
export function passingKey(group: number, n: number): string {
  return `${prefixOf(group)}once-${n}`;
}

export function prefixOf(group: number): string {
  return `chaos:${group}:`;
}
