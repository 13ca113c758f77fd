import { isTest } from "./rules.mjs";

/** @typedef {import("./modules.mjs").Module} Module */

/**
 * What a workspace's package.json says.
 *
 * @typedef {object} Manifest
 * @property {string} name
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 */

/**
 * Every import of a package that the workspace does not declare. What npm happens to have hoisted
 * would do here, and be missing where the package is installed alone.
 *
 * @param {readonly Module[]} modules
 * @param {ReadonlyMap<string, Manifest>} manifests by folder; the root's under ""
 * @returns {string[]}
 */
export function undeclared(modules, manifests) {
  return modules.flatMap(({ path, imports }) => {
    const folder =
      [...manifests.keys()].find((key) => key !== "" && path.startsWith(`${key}/`)) ?? "";
    const allowed = packagesFor(path, folder, manifests);
    return imports.flatMap(({ packageName }) => {
      if (!packageName || packageName.startsWith("node:") || allowed.has(packageName)) return [];
      return [`${path} imports "${packageName}", which ${folder}/package.json does not declare`];
    });
  });
}

/**
 * @param {string} path
 * @param {string} folder
 * @param {ReadonlyMap<string, Manifest>} manifests
 */
function packagesFor(path, folder, manifests) {
  const { name, dependencies, devDependencies } = manifests.get(folder) ?? { name: "" };
  const tools = { ...manifests.get("")?.devDependencies, ...devDependencies };
  const isShipped = path.includes("/src/") && !isTest(path);
  // Types are gone when the package is built.
  const types = Object.keys(tools).filter((tool) => tool.startsWith("@types/"));
  const forTools = isShipped ? types : Object.keys(tools);
  return new Set([name, ...Object.keys(dependencies ?? {}), ...forTools]);
}
