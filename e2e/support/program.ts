import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const REDIS_SERVERS = ["valkey-server", "redis-server"] as const;
const BROWSERS = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "/usr/bin/chromium",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
] as const;

/** Debian's program of this name, on the PATH, insists on running as a user of its own. */
const RABBITMQ_FOLDER = "/usr/lib/rabbitmq/bin";

/** @throws Error where there is none */
export const redisProgram = (): string => findProgram(REDIS_SERVERS);

/** @throws Error where there is none */
export const chromiumProgram = (): string => findProgram(BROWSERS);

/** @throws Error where there is none */
export const rabbitmqProgram = (name: "rabbitmq-server" | "rabbitmqctl"): string =>
  findProgram([join(RABBITMQ_FOLDER, name), name, join("/opt/homebrew/sbin", name)]);

/** Erlang's port mapper. @throws Error where there is none */
export const epmdProgram = (): string => findProgram(["epmd"]);

/** The first of these that is there: names on the PATH, or paths. */
function findProgram(names: readonly string[]): string {
  const path = names.flatMap(places).find(isExecutable);
  if (path) return path;
  throw new Error(`none of ${names.join(", ")} is there; run \`npm run setup -- --tests\``);
}

function places(name: string): string[] {
  if (name.includes("/")) return [name];
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name));
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
