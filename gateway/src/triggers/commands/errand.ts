import type { CommandContext } from "../engine/ports.js";
import type { CommandInfo } from "./command-table.js";

/** One command on its way, from node to node if need be, until its deadline. */
export interface Errand {
  readonly words: readonly Uint8Array[];
  readonly context: CommandContext;
  readonly name: string;
  /** ms since the Unix epoch */
  readonly deadline: number;
  readonly resolve: (reply: Buffer) => void;
  info: CommandInfo | undefined;
  /** Undefined where any node will do. */
  slot: number | undefined;
  hops: number;
}
