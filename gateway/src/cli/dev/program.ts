import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { Environment } from "../../config.js";
import { CommandError } from "../command.js";

const PROGRAMS = ["valkey-server", "redis-server"] as const;

/**
 * The path of a Redis-compatible server.
 *
 * @throws CommandError where the PATH has none
 */
export function findRedisServer(env: Environment): string {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const program of PROGRAMS) {
    const path = folders.map((folder) => join(folder, program)).find(isExecutable);
    if (path !== undefined) return path;
  }
  throw new CommandError(
    "there is no redis-server and no valkey-server on the PATH to start a private Redis with; " +
      "install one, or set KEYWIRE_REDIS to the Redis to serve",
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Absent or not ours to run: either way not the program that is looked for.
    return false;
  }
}
