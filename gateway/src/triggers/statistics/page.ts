import { NOTHING_YET, sum, type Tallies } from "./counters.js";

/** Events of a library that it never saw: `events` where somebody counted them, else a stretch of time. */
export interface MissedTallies {
  readonly events: number;
  readonly stretches: number;
  readonly last: MissedStretch | null;
}

export interface MissedStretch {
  /** `queue`: too many waited; `broken`: the library could not be loaded; else why none came. */
  readonly reason: "source" | "unattended" | "overflow" | "queue" | "broken";
  /** null where nobody knows. */
  readonly count: number | null;
  /** ms since the Unix epoch. */
  readonly from: number;
  readonly to: number;
}

/** What one gateway counted of one library: a page in Redis that it alone writes. */
export interface Page {
  /** When it was written, by that gateway's clock, ms since the Unix epoch. */
  readonly at: number;
  /** Events that wait or are under way there. */
  readonly pending: number;
  readonly missed: MissedTallies;
  /** By the triggers' births. */
  readonly triggers: ReadonlyMap<string, Tallies>;
}

export const NONE_MISSED: MissedTallies = { events: 0, stretches: 0, last: null };
export const EMPTY_PAGE: Page = { at: 0, pending: 0, missed: NONE_MISSED, triggers: new Map() };

export function writePage(page: Page): string {
  return JSON.stringify({ ...page, triggers: Object.fromEntries(page.triggers) });
}

/** The page in a text; an empty one where it is none, as a later version may have written it. */
export function readPage(text: string): Page {
  try {
    const { at, pending, missed, triggers } = JSON.parse(text) as Record<string, unknown>;
    const tallies = Object.entries(Object(triggers)).map(
      ([birth, value]) => [birth, { ...NOTHING_YET, ...Object(value) }] as const,
    );
    return {
      at: Number(at) || 0,
      pending: Number(pending) || 0,
      missed: { ...NONE_MISSED, ...Object(missed) },
      triggers: new Map(tallies),
    };
  } catch {
    return EMPTY_PAGE;
  }
}

/** All pages as one. What waits counts where the gateway still writes. */
export function sumPages(pages: Iterable<Page>, isAlive: (page: Page) => boolean): Page {
  let [at, pending, missed] = [0, 0, NONE_MISSED];
  const triggers = new Map<string, Tallies>();
  for (const page of pages) {
    at = Math.max(at, page.at);
    if (isAlive(page)) pending += page.pending;
    missed = sumMissed(missed, page.missed);
    for (const [birth, tallies] of page.triggers) {
      triggers.set(birth, sum(triggers.get(birth) ?? NOTHING_YET, tallies));
    }
  }
  return { at, pending, missed, triggers };
}

export function sumMissed(one: MissedTallies, other: MissedTallies): MissedTallies {
  const isLater = (other.last?.to ?? 0) > (one.last?.to ?? 0);
  return {
    events: one.events + other.events,
    stretches: one.stretches + other.stretches,
    last: isLater ? other.last : one.last,
  };
}
