import type { Credentials, Endpoint } from "../commands/ports.js";
import type { Sides } from "../commands/transaction.js";

/** How a worker may ask nodes by itself, over connections of its own. */
export interface DirectAccess {
  /** Undefined where it may not, or not yet: everything is executed for it then. */
  directory(): Directory | undefined;
  /** @returns undefined where such commands are executed for it */
  routeOf(command: string, caller: Caller): Route | undefined;
  /**
   * Told when neither the directory nor the routes are good any more.
   *
   * @returns stops listening
   */
  onChange(listener: () => void): () => void;
}

/** Who calls commands, and which: see `CommandContext`. */
export interface Caller {
  readonly origin: string;
  readonly access: "read" | "write";
}

/** Where the nodes are, and who owns what. */
export interface Directory {
  /** Never over TLS. */
  readonly credentials: Credentials;
  readonly nodes: readonly Endpoint[];
  /** By slot: the owner's place among the nodes, `NOBODY` where it has none; undefined outside clusters. */
  readonly owners: Uint16Array | undefined;
}

export const NOBODY = 0xffff;

/** What is to be known of commands that have the same name and the same caller. */
export interface Route {
  readonly isWrite: boolean;
  /** Where its key stands among its words; 0 where any node will do. */
  readonly firstKey: number;
  /** What stands before and behind it, by the node's place in the directory. */
  readonly sides: readonly Sides[];
}
