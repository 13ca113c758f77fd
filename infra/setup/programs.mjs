import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * A program that the system provides.
 *
 * @typedef {object} SystemProgram
 * @property {string} what as it is named in a sentence
 * @property {readonly string[]} names any of these will do, the first is preferred; a name, or a path
 * @property {readonly string[]} apt any of these packages provides it, the first is preferred
 * @property {readonly string[]} services the system services that come with these packages
 * @property {readonly string[]} brew the arguments of `brew install`
 */

/** @type {SystemProgram} */
export const REDIS = {
  what: "a Redis-compatible server",
  names: ["valkey-server", "redis-server"],
  apt: ["redis-server", "valkey-server"],
  services: ["redis-server.service", "valkey-server.service"],
  brew: ["valkey"],
};

/** @type {SystemProgram} */
export const CHROMIUM = {
  what: "Chromium",
  names: [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ],
  apt: ["chromium", "chromium-browser"],
  services: [],
  brew: ["--cask", "chromium"],
};

/** @type {SystemProgram} */
export const RABBITMQ = {
  what: "RabbitMQ",
  names: ["rabbitmq-server"],
  apt: ["rabbitmq-server"],
  services: ["rabbitmq-server.service"],
  brew: ["rabbitmq"],
};

/** Servers are installed where an ordinary user's PATH does not always lead. */
const SERVER_FOLDERS = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];

/**
 * @param {SystemProgram} program
 * @returns {string | undefined} its path
 */
export function find(program) {
  return program.names.map(locate).find((path) => path !== undefined);
}

/**
 * @param {string} name
 * @returns {string | undefined}
 */
export function locate(name) {
  if (name.includes("/")) return isExecutable(name) ? name : undefined;
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...SERVER_FOLDERS];
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Absent or not ours to run: either way not the program that is looked for.
    return false;
  }
}
