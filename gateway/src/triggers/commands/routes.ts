import { isDeepStrictEqual } from "node:util";
import { SLOTS } from "@keywire/shared";
import {
  type CommandContext,
  type DirectAccess,
  type Directory,
  NOBODY,
  type Route,
} from "../engine/ports.js";
import type { CommandTable } from "./command-table.js";
import type { Credentials, Whereabouts } from "./ports.js";
import { refusalOf } from "./refusal.js";
import type { Transactions } from "./transaction.js";

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
  /** What is told; undefined until somebody wants to know. */
  #told: { readonly directory: Directory | undefined } | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(known: Known) {
    this.#known = known;
  }

  directory(): Directory | undefined {
    this.#told ??= { directory: this.#read() };
    return this.#told.directory;
  }

  routeOf(
    command: string,
    { origin, access }: Pick<CommandContext, "origin" | "access">,
  ): Route | undefined {
    const { sharded, table, transactions } = this.#known;
    const name = command.toLowerCase();
    const info = table.whole(name);
    const directory = this.directory();
    if (directory === undefined || info === undefined) return undefined;
    if (refusalOf(name, info, access) !== undefined) return undefined;
    const { mayRepeat, firstKey, hasMovableKeys } = info;
    // Only Redis knows where its keys are.
    if (sharded && firstKey === 0 && hasMovableKeys) return undefined;
    const sides = directory.nodes.map(({ id }) =>
      transactions.sidesOfWaiting(origin, sharded ? id : undefined),
    );
    return { mayRepeat, firstKey, sides };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The deployment was looked at again. */
  looked(): void {
    if (this.#told === undefined) return;
    const directory = this.#read();
    if (isDeepStrictEqual(directory, this.#told.directory)) return;
    this.#told = { directory };
    this.changed();
  }

  /** What was told of commands is not to be relied on any more. */
  changed(): void {
    for (const listener of this.#listeners) listener();
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
      nodes: [...where.primaries].map(([id, { host, port }]) => ({ id, host, port })),
      owners: sharded ? ownersOf(where) : undefined,
    };
  }
}

function ownersOf(where: Whereabouts): Uint16Array {
  const places = new Map([...where.primaries.keys()].map((id, place) => [id, place]));
  return Uint16Array.from(
    { length: SLOTS },
    (_, slot) => places.get(where.ownerOf(slot) ?? "") ?? NOBODY,
  );
}
