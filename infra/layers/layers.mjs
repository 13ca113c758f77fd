import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cycles } from "./cycles.mjs";
import { undeclared } from "./declared.mjs";
import { readModules } from "./modules.mjs";
import { ruleFaults } from "./rules.mjs";

/**
 * Holds the project to its design: data flows one way, siblings do not know each other, nothing
 * goes in circles, and packages declare what they use.
 *
 * @param {string} root
 * @returns {string[]} one sentence for each import that does not
 */
export function layerFaults(root) {
  const pages = readdirSync(join(root, "web")).map((name) => `web/${name}`);
  const folders = ["shared", "gateway", ...pages, "e2e"].filter((folder) =>
    existsSync(join(root, folder, "package.json")),
  );
  const manifests = new Map(["", ...folders].map((folder) => [folder, manifest(root, folder)]));
  const modules = readModules(root, folders);
  return [...ruleFaults(modules), ...undeclared(modules, manifests), ...cycles(modules)];
}

/**
 * @param {string} root
 * @param {string} folder
 * @returns {import("./declared.mjs").Manifest}
 */
function manifest(root, folder) {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
}
