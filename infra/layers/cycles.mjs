/** @typedef {import("./modules.mjs").Module} Module */

/**
 * Import cycles, each once, as sentences.
 *
 * @param {readonly Module[]} modules
 * @returns {string[]}
 */
export function cycles(modules) {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[]} */
  const faults = [];
  /**
   * @param {string} path
   * @param {readonly string[]} trail
   */
  const visit = (path, trail) => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      faults.push(`import cycle: ${[...trail.slice(start), path].join(" → ")}`);
      return;
    }
    if (done.has(path)) return;
    for (const { file } of byPath.get(path)?.imports ?? []) if (file) visit(file, [...trail, path]);
    done.add(path);
  };
  for (const { path } of modules) visit(path, []);
  return faults;
}
