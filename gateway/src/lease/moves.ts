import { assign } from "./assign.js";
import { type Lease, PARTS, type Standing } from "./ports.js";

/** Which parts one gateway is to take, and which to give away, as the leases stand. */
export class Moves {
  readonly #gatewayId: string;
  readonly #leases: readonly (Lease | undefined)[];
  readonly #targets: readonly string[];

  /** @param standing at least one gateway shares the work */
  constructor({ leases, gateways }: Standing, gatewayId: string) {
    this.#gatewayId = gatewayId;
    this.#leases = byPart(leases);
    const holders = this.#leases.map((lease) => lease?.holder);
    this.#targets = assign(gateways, holders);
  }

  /** @param isSteady whether the gateway has seen for a while who else is there */
  isToTake(part: number, isSteady: boolean): boolean {
    return this.#isMeant(part) && this.#isFree(part, isSteady);
  }

  isToGive(part: number): boolean {
    return !this.#isMeant(part) && this.#leases[part]?.holder === this.#gatewayId;
  }

  #isMeant(part: number): boolean {
    return this.#targets[part] === this.#gatewayId;
  }

  #isFree(part: number, isSteady: boolean): boolean {
    const lease = this.#leases[part];
    if (lease?.holder === undefined || lease.holder === this.#gatewayId) return true;
    return lease.isExpired && isSteady;
  }
}

function byPart(leases: readonly Lease[]): (Lease | undefined)[] {
  const table = Array<Lease | undefined>(PARTS).fill(undefined);
  for (const lease of leases) table[lease.part] = lease;
  return table;
}
