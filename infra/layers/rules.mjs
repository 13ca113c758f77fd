/** @typedef {import("./modules.mjs").Module} Module */
/** @typedef {import("./modules.mjs").Import} Import */

/** The rooms of gateway/src that know everybody: one wires, the others start it. */
const COMPOSERS = new Set(["app", "main", "cli"]);
const SHARED = "@keywire/shared";
const CLIENT = "@keywire/client";

/**
 * What a folder's modules may import besides themselves. The first that matches decides.
 *
 * @typedef {object} Rule
 * @property {RegExp} folder
 * @property {string} says
 * @property {(imported: Import) => boolean} allows
 */
/** @type {readonly Rule[]} */
const RULES = [
  { folder: /^shared\/src\//, says: "shared imports nothing outside itself", allows: () => false },
  {
    folder: /^gateway\/src\/hub\//,
    says: `the hub imports ${SHARED} alone`,
    allows: ({ packageName }) => packageName === SHARED,
  },
  {
    folder: /^gateway\/src\/(?!cli\/)/,
    says: "the gateway serves clients and knows none of them; only a command may be one",
    allows: ({ packageName }) => packageName !== CLIENT,
  },
  {
    folder: /^web\/sdk\/src\//,
    says: `the SDK imports ${SHARED} alone`,
    allows: ({ packageName }) => packageName === SHARED,
  },
  {
    folder: /^web\/[^/]+\/src\//,
    says: "pages run in browsers and meet the gateway on the wire",
    allows: ({ packageName }) => !/^(?:node:|@keywire\/gateway$)/.test(packageName ?? ""),
  },
];

const TEST = /\.(?:test|spec)\.tsx?$|\/testing\//;

/** @param {string} path */
export function isTest(path) {
  return TEST.test(path);
}

/**
 * Every import that goes against the one way in which data flows, as a sentence. Tests may bring
 * together what they test, within their own workspace.
 *
 * @param {readonly Module[]} modules
 * @returns {string[]}
 */
export function ruleFaults(modules) {
  return modules.flatMap(({ path, imports }) =>
    imports.flatMap((imported) => {
      const checks = isTest(path) ? [workspaceFault] : [workspaceFault, roomFault, ruleFault];
      const fault = checks.map((check) => check(path, imported)).find(Boolean);
      return fault ? [`${path} imports "${imported.specifier}": ${fault}`] : [];
    }),
  );
}

/**
 * @param {string} path
 * @param {Import} imported
 */
function workspaceFault(path, { file }) {
  if (!file || workspaceOf(file) === workspaceOf(path)) return undefined;
  return "a workspace reaches another by its package name, never by a path";
}

/** @param {string} path */
function workspaceOf(path) {
  return /^(?:web\/[^/]+|[^/]+)/.exec(path)?.[0];
}

/**
 * @param {string} path
 * @param {Import} imported
 */
function roomFault(path, { file, packageName }) {
  const room = roomOf(path);
  if (!room || COMPOSERS.has(room)) return undefined;
  const other = packageName === "@keywire/gateway" ? "keyspace" : file && roomOf(file);
  if (!other || other === room) return undefined;
  return `${room} and ${other} are siblings and do not know each other; only app.ts knows both`;
}

/**
 * @param {string} path
 * @returns {string | undefined} `hub` for all of gateway/src/hub, `config` for config.ts as well
 */
function roomOf(path) {
  return /^gateway\/src\/([^/.]+)/.exec(path)?.[1];
}

/**
 * @param {string} path
 * @param {Import} imported
 */
function ruleFault(path, imported) {
  const rule = RULES.find(({ folder }) => folder.test(path));
  if (!rule || imported.file || rule.allows(imported)) return undefined;
  return rule.says;
}
