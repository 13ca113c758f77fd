import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "../lib/main.mjs";
import { ROOT } from "../lib/root.mjs";
import { run } from "../lib/run.mjs";

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 */
/** @typedef {Record<string, LockedPackage>} Packages */

/** @returns {string | undefined} why `npm ci` must run: node_modules is missing, or not what the lock file says */
export function packagesToInstall() {
  return whyStale(readPackages("package-lock.json"), installed());
}

export async function ensurePackages() {
  const reason = packagesToInstall();
  if (!reason) return;
  console.log(`Installing the npm packages, because ${reason}.`);
  const code = await run("npm", ["ci", "--include=dev", "--no-progress"]);
  if (code !== 0) throw new Fault(`\`npm ci\` failed with exit code ${code}; see above.`);
}

/**
 * @param {Packages} wanted by the lock file
 * @param {Packages | undefined} present as npm noted after it had installed them
 * @param {{ platform: string, arch: string }} machine
 * @returns {string | undefined} undefined where they agree
 */
export function whyStale(wanted, present, machine = process) {
  if (!present) return "there are none";
  for (const [path, { version, integrity, optional }] of Object.entries(wanted)) {
    const found = present[path];
    // Which of the optional ones this machine needs is for npm to decide.
    if (path === "" || (!found && optional)) continue;
    if (!found) return `${path} is missing`;
    if (found.version !== version || found.integrity !== integrity) return `${path} has changed`;
  }
  const foreign = Object.entries(present).find(
    ([path, entry]) => !wanted[path] || !runsOn(entry, machine),
  );
  return foreign && `${foreign[0]} does not belong here`;
}

/**
 * @param {LockedPackage} entry
 * @param {{ platform: string, arch: string }} machine
 */
function runsOn({ os = [], cpu = [] }, { platform, arch }) {
  return admits(os, platform) && admits(cpu, arch);
}

/**
 * As npm reads `os` and `cpu`: none admits all; `!name` admits all others.
 *
 * @param {readonly string[]} list
 * @param {string} name
 */
function admits(list, name) {
  if (list.includes(`!${name}`)) return false;
  return list.includes(name) || list.every((entry) => entry.startsWith("!"));
}

/** @returns {Packages | undefined} */
function installed() {
  const path = "node_modules/.package-lock.json";
  return existsSync(join(ROOT, path)) ? readPackages(path) : undefined;
}

/**
 * @param {string} path
 * @returns {Packages}
 */
function readPackages(path) {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8")).packages;
}
