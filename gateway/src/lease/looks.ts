import type { LeasePorts, Standing } from "./ports.js";

/** How many looks there are in the life of a lease. */
const LOOKS_PER_TTL = 4;
/** The share of a lease's life that is not relied on. */
const MARGIN = 1 / 8;

export type LooksPorts = Pick<LeasePorts, "clock" | "monotonic">;

/** When the leases were asked for. */
export interface Asked {
  /** By the clock that nobody sets, ms. */
  readonly monotonic: number;
  /** ms since the Unix epoch. */
  readonly time: number;
}

/**
 * What the looks at the leases have shown: who shares the work, until when this gateway's own leases
 * hold, and what Redis' clock says, by which moments stand in leases.
 */
export class Looks {
  /** From one look to the next, ms. */
  readonly interval: number;
  readonly #ports: LooksPorts;
  readonly #ttl: number;
  #standing: Standing | undefined;
  /** By how much Redis' clock is ahead of ours: at least, and at most, ms. */
  #ahead = { least: 0, most: 0 };
  #last = Number.NEGATIVE_INFINITY;
  /** Since when looks have followed each other as they should. */
  #since = Number.NEGATIVE_INFINITY;
  /** Until when the leases hold, by the clock that nobody sets. */
  #validUntil = Number.NEGATIVE_INFINITY;

  constructor(ports: LooksPorts, ttl: number) {
    this.#ports = ports;
    this.#ttl = ttl;
    this.interval = ttl / LOOKS_PER_TTL;
  }

  /** How many gateways share the work; undefined before the first look. */
  get company(): number | undefined {
    return this.#standing?.gateways.length;
  }

  get gateways(): { readonly id: string; readonly parts: number }[] {
    const { gateways = [], leases = [] } = this.#standing ?? {};
    return gateways.map((id) => {
      const held = leases.filter((lease) => lease.holder === id && !lease.isExpired);
      return { id, parts: held.length };
    });
  }

  /** Whether this gateway has seen for a while who else is there. */
  get isSteady(): boolean {
    return this.#last - this.#since >= this.interval * 0.9;
  }

  /** Whether the leases that stood as this gateway's own when it looked still hold. */
  isValid(): boolean {
    return this.#ports.monotonic() < this.#validUntil;
  }

  ask(): Asked {
    return { monotonic: this.#ports.monotonic(), time: this.#ports.clock.now() };
  }

  answered(standing: Standing, { monotonic, time }: Asked): void {
    this.#standing = standing;
    this.#ahead = { least: standing.now - this.#ports.clock.now(), most: standing.now - time };
    if (monotonic - this.#last > this.interval * 2.5) this.#since = monotonic;
    this.#last = monotonic;
    this.#validUntil = monotonic + this.#ttl * (1 - MARGIN);
  }

  /** A moment of ours by Redis' clock, at the earliest. */
  byRedis(time: number): number {
    return Math.floor(time + this.#ahead.least);
  }

  /** A moment of Redis' by our clock, at the earliest. */
  byOurs(time: number): number {
    return time - this.#ahead.most;
  }
}
