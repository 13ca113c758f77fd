import type { LeaseStore, Release, Renewal, Standing, Taken } from "../ports.js";

interface Row {
  epoch: number;
  holder: string | undefined;
  expires: number;
  done: number;
  handover: string;
}

/** What stands in Redis, changed as the scripts change it. */
export class LeaseTable {
  readonly #now: () => number;
  readonly #gateways = new Map<string, number>();
  readonly #rows = new Map<number, Row>();

  constructor(now: () => number) {
    this.#now = now;
  }

  sync(me: string, ttl: number, renewals: readonly Renewal[], isSharing: boolean): Standing {
    const now = this.#now();
    if (isSharing) this.#gateways.set(me, now + ttl);
    else this.#gateways.delete(me);
    for (const { part, epoch, done } of renewals) {
      const row = this.#rows.get(part);
      if (row === undefined || (row.holder === me && row.epoch === epoch)) {
        const since = row?.done ?? now;
        const renewed = {
          epoch,
          holder: me,
          expires: now + ttl,
          done: later(done, since, now),
          handover: "",
        };
        this.#rows.set(part, renewed);
      }
    }
    for (const [id, until] of this.#gateways) if (until <= now) this.#gateways.delete(id);
    const leases = [...this.#rows].map(([part, { expires, ...row }]) => {
      return { part, ...row, isExpired: expires <= now };
    });
    return { now, gateways: [...this.#gateways.keys()].sort(), leases };
  }

  take(me: string, ttl: number, parts: readonly number[]): Taken[] {
    const now = this.#now();
    return parts.flatMap((part) => {
      const known = this.#rows.get(part);
      const row = known ?? { epoch: 0, holder: undefined, expires: now, done: now, handover: "" };
      const isFree = row.holder === undefined || row.holder === me || row.expires <= now;
      if (!isFree) return [];
      const epoch = row.epoch + 1;
      this.#rows.set(part, { ...row, epoch, holder: me, expires: now + ttl });
      const { expires, ...former } = row;
      return [{ part, ...former, epoch, isExpired: expires <= now, isNew: known === undefined }];
    });
  }

  release(me: string, releases: readonly Release[]): void {
    for (const { part, epoch, done, handover } of releases) {
      const row = this.#rows.get(part);
      if (row?.holder !== me || row.epoch !== epoch) continue;
      const expires = this.#now();
      const upTo = Math.max(done ?? 0, row.done);
      this.#rows.set(part, { epoch, holder: undefined, expires, done: upTo, handover });
    }
  }
}

/** One gateway's way to the table. */
export function storeOf(
  table: LeaseTable,
  me: string,
  ttl: number,
  /** Does it after a while, or fails. */
  call: <T>(change: () => T) => Promise<T>,
): LeaseStore {
  return {
    sync: (renewals, isSharing) => call(() => table.sync(me, ttl, renewals, isSharing)),
    take: (parts) => call(() => table.take(me, ttl, parts)),
    release: (releases) => call(() => table.release(me, releases)),
    close: () => {},
  };
}

/** As the script has it: what is ahead of the clock was written by another one. */
function later(done: number | undefined, other: number, now: number): number {
  return done === undefined || (other > done && other <= now) ? other : done;
}
