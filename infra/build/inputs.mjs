import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../lib/root.mjs";

/** What every part is built with, besides its own sources. */
const COMMON = ["infra/build", "infra/build.mjs", "package-lock.json", "tsconfig.json"];
/** Of no influence on what is built. */
const IGNORED = /(?:^|\/)(?:node_modules|dist|testing)(?:\/|$)|\.test\.tsx?$/;

/**
 * A fingerprint of everything that a part is built from.
 *
 * @param {readonly string[]} paths files and folders, from the root
 * @returns {string} 64 hex digits
 */
export function fingerprint(paths) {
  const hash = createHash("sha256").update(process.version);
  for (const path of [...COMMON, ...paths].flatMap(filesUnder)) {
    const content = readFileSync(join(ROOT, path));
    hash.update(`${path}\n${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesUnder(path) {
  if (IGNORED.test(path)) return [];
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  const names = readdirSync(join(ROOT, path)).sort();
  return names.flatMap((name) => filesUnder(`${path}/${name}`));
}
