import { isDeepStrictEqual } from "node:util";
import { SLOTS } from "@keywire/shared";
import type { CommandTable } from "../commands/command-table.js";
import type { Credentials, Whereabouts } from "../commands/ports.js";
import { refusalOf } from "../commands/refusal.js";
import type { Transactions } from "../commands/transaction.js";
import { type Caller, type DirectAccess, type Directory, NOBODY, type Route } from "./ports.js";

/** What is known of the deployment, read and not changed. */
export interface Known {
  readonly credentials: Credentials;
  /** A cluster. */
  readonly sharded: boolean;
  readonly table: CommandTable;
  readonly transactions: Transactions;
  /** Undefined until somebody has looked. */
  whereabouts(): Whereabouts | undefined;
}

/** Tells workers what they need to know to ask nodes by themselves. */
export class Routes implements DirectAccess {
  readonly #known: Known;
  /** What was told last, as long as it is good. */
  #shown: Directory | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(known: Known) {
    this.#known = known;
  }

  directory(): Directory | undefined {
    this.#shown = this.#read();
    return this.#shown;
  }

  #read(): Directory | undefined {
    const { credentials, sharded } = this.#known;
    const where = this.#known.whereabouts();
    // What is encrypted cannot be written past Node.
    if (where === undefined || credentials.tls) return undefined;
    const { username, password } = credentials;
    return {
      credentials: {
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
        tls: false,
      },
      nodes: [...where.primaries.values()].map(({ host, port }) => ({ host, port })),
      owners: sharded ? ownersOf(where) : undefined,
    };
  }

  routeOf(command: string, { origin, access }: Caller): Route | undefined {
    const { credentials, sharded, table, transactions } = this.#known;
    const where = this.#known.whereabouts();
    const name = command.toLowerCase();
    const info = table.whole(name);
    if (where === undefined || credentials.tls || info === undefined) return undefined;
    if (refusalOf(name, info, access) !== undefined) return undefined;
    const { isWrite, firstKey, hasMovableKeys } = info;
    // Only Redis knows where its keys are.
    if (sharded && firstKey === 0 && hasMovableKeys) return undefined;
    const sides = [...where.primaries.keys()].map((id) =>
      transactions.sidesOf(origin, sharded ? id : undefined),
    );
    return { isWrite, firstKey, sides };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The deployment was looked at again. */
  looked(): void {
    if (this.#shown !== undefined && !isDeepStrictEqual(this.#shown, this.#read())) this.changed();
  }

  /** What was told is not to be relied on any more. */
  changed(): void {
    this.#shown = undefined;
    for (const listener of this.#listeners) listener();
  }
}

function ownersOf(where: Whereabouts): Uint16Array {
  const places = new Map([...where.primaries.keys()].map((id, place) => [id, place]));
  return Uint16Array.from(
    { length: SLOTS },
    (_, slot) => places.get(where.ownerOf(slot) ?? "") ?? NOBODY,
  );
}
