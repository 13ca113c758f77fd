import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const REDIS_SERVERS = ["valkey-server", "redis-server"] as const;

/** @throws Error where neither is there */
export function redisProgram(): string {
  for (const name of REDIS_SERVERS) {
    const path = onPath(name);
    if (path) return path;
  }
  throw new Error(`neither of ${REDIS_SERVERS.join(", ")} is on the PATH; run \`npm run setup\``);
}

function onPath(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
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
