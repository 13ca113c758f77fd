import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseSync } from "vite";

/**
 * @typedef {object} Import
 * @property {string} specifier as it is written
 * @property {string} [file] the project's file it means, from the root
 * @property {string} [packageName] the package it means, such as `@keywire/shared` or `node:fs`
 */
/**
 * @typedef {object} Module
 * @property {string} path from the root, with slashes
 * @property {readonly Import[]} imports types included: they tie files together all the same
 */

const SOURCE = /\.(?:ts|tsx|mts|mjs)$/;
const SKIPPED = new Set(["node_modules", "dist", "coverage", "test-results"]);

/**
 * All modules of these folders.
 *
 * @param {string} root
 * @param {readonly string[]} folders from the root
 * @returns {Module[]}
 */
export function readModules(root, folders) {
  const paths = folders.flatMap((folder) => filesUnder(root, folder)).filter(isSource);
  return paths.map((path) => {
    const specifiers = specifiersIn(path, readFileSync(join(root, path), "utf8"));
    return { path, imports: specifiers.map((specifier) => resolve(root, path, specifier)) };
  });
}

/** @param {string} path */
function isSource(path) {
  return SOURCE.test(path) && !path.endsWith(".d.ts");
}

/**
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
function filesUnder(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    return SKIPPED.has(entry.name) ? [] : filesUnder(root, path);
  });
}

/**
 * @param {string} path
 * @param {string} text
 * @returns {string[]}
 */
export function specifiersIn(path, text) {
  const { module, program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`);
  const imported = module.staticImports.map(({ moduleRequest }) => moduleRequest.value);
  const exported = module.staticExports
    .flatMap(({ entries }) => entries)
    .flatMap(({ moduleRequest }) => (moduleRequest ? [moduleRequest.value] : []));
  const dynamic = module.dynamicImports
    .map(({ moduleRequest }) =>
      /^(["'`])(.*)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end)),
    )
    .flatMap((literal) => (literal?.[2] ? [literal[2]] : []));
  return [...new Set([...imported, ...exported, ...dynamic, ...inTypes(program)])];
}

/**
 * The `import("…")` of types, which the parser lists nowhere.
 *
 * @param {unknown} node
 * @returns {string[]}
 */
function inTypes(node) {
  if (typeof node !== "object" || node === null) return [];
  const own =
    "type" in node && node.type === "TSImportType" && "source" in node ? node.source : null;
  const value = own && typeof own === "object" && "value" in own ? [String(own.value)] : [];
  return [...value, ...Object.values(node).flatMap(inTypes)];
}

/**
 * @param {string} root
 * @param {string} from
 * @param {string} specifier
 * @returns {Import}
 */
function resolve(root, from, specifier) {
  if (!specifier.startsWith(".")) return { specifier, packageName: packageOf(specifier) };
  const path = posix.join(posix.dirname(from), specifier.replace(/\?.*$/, ""));
  const stem = path.replace(/\.jsx?$/, "");
  const file = [path, `${stem}.ts`, `${stem}.tsx`].find((file) => existsSync(join(root, file)));
  return { specifier, file: file ?? path };
}

/** @param {string} specifier */
function packageOf(specifier) {
  if (specifier.startsWith("node:")) return specifier;
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
