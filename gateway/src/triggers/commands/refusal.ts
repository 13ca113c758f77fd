import type { CommandInfo } from "./command-table.js";

/** They change the connection, which libraries share; scripts may call some of them. */
const OURS = new Set(["select", "asking", "readonly", "readwrite"]);

/**
 * Why a library may not call a command; undefined where it may.
 *
 * @param name as it was called
 * @param info undefined for one that Redis does not know
 */
export function refusalOf(
  name: string,
  info: CommandInfo | undefined,
  access: "read" | "write",
): string | undefined {
  if (OURS.has(name)) return `libraries may not call ${name}: it is about the connection itself`;
  if (info?.isForbidden) {
    return `libraries may not call ${info.name.replace("|", " ")}, which Redis keeps from scripts as well`;
  }
  if (access === "write" || info?.isWrite === false) return undefined;
  const why = info === undefined ? `Redis does not know ${name}` : `${info.name} may write`;
  return `${why}, and only reading is allowed here: in onTriggerFired, in functions with the flag no-writes and in cluster functions`;
}
