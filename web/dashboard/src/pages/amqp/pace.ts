import type { SinkState } from "./state.js";

/** ms that a rate is taken over. */
const SPAN = 5_000;

interface Reading {
  readonly at: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** Makes rates of counts that are read now and then, by gateway. */
export class Pace {
  readonly #readings = new Map<string, Reading[]>();

  /** Takes what was read at `now`, ms since the Unix epoch. */
  take(sinks: readonly SinkState[], now: number): void {
    for (const { gateway, counts } of sinks) {
      const known = this.#readings.get(gateway) ?? [];
      const recent = known.filter(({ at }) => now - at <= SPAN && at < now);
      this.#readings.set(gateway, [...recent, { at: now, counts }]);
    }
  }

  /** How much a gateway's count grows per second; null where it is not known yet. */
  of(gateway: string, name: string): number | null {
    const readings = this.#readings.get(gateway) ?? [];
    const [first, last] = [readings[0], readings.at(-1)];
    if (first === undefined || last === undefined || last.at === first.at) return null;
    const more = (last.counts[name] ?? 0) - (first.counts[name] ?? 0);
    return Math.max(0, (more * 1_000) / (last.at - first.at));
  }
}
