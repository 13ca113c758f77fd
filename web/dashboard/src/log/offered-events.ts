/** More names than this are a module's noise: only the busiest are offered. */
export const MOST_OFFERED = 24;

export type EventCount = readonly [event: string, kept: number];

/**
 * The event names to offer as filters, in the order in which they came up, so that they stay where
 * they are; chosen ones always, also where no kept row has them.
 */
export function offeredEvents(
  counts: ReadonlyMap<string, number>,
  chosen: ReadonlySet<string>,
): EventCount[] {
  const absent = [...chosen].filter((event) => !counts.has(event));
  const all: EventCount[] = [...counts, ...absent.map((event): EventCount => [event, 0])];
  if (all.length <= MOST_OFFERED) return all;
  const rank = ([event, kept]: EventCount) => (chosen.has(event) ? Number.MAX_VALUE : kept);
  const best = new Set([...all].sort((a, b) => rank(b) - rank(a)).slice(0, MOST_OFFERED));
  return all.filter((entry) => best.has(entry));
}
