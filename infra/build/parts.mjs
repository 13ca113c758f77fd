import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { bundleLibrary, bundlePage, bundlePrograms } from "./bundle.mjs";
import { declare } from "./declare.mjs";

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string} output the folder that is its own alone, but for other parts' folders in it
 * @property {readonly string[]} inputs
 * @property {readonly string[]} entries of the output: the files that name others
 * @property {(folder: string) => Promise<void>} build into an empty folder
 */

/** @type {readonly Part[]} */
export const PARTS = [
  {
    name: "shared library",
    output: "shared/dist",
    inputs: ["shared/src", "shared/package.json"],
    entries: ["index.js"],
    build: (folder) => library("shared/src/index.ts", folder),
  },
  {
    name: "SDK",
    output: "web/sdk/dist",
    inputs: ["shared/src", "web/sdk/src", "web/sdk/package.json"],
    entries: ["index.js"],
    build: (folder) => library("web/sdk/src/index.ts", folder),
  },
  {
    name: "gateway",
    output: "gateway/dist",
    inputs: ["shared/src", "web/sdk/src", "gateway/src", "gateway/package.json"],
    entries: ["main.js", "keyspace.js", "sandbox.js"],
    build: gateway,
  },
  {
    name: "dashboard",
    output: "gateway/dist/public",
    inputs: ["shared/src", "web/sdk/src", "web/dashboard"],
    entries: ["index.html"],
    build: (folder) => bundlePage("web/dashboard", folder),
  },
  {
    name: "checkout",
    output: "gateway/dist/checkout",
    inputs: ["shared/src", "web/sdk/src", "web/checkout"],
    entries: ["index.html"],
    build: (folder) => bundlePage("web/checkout", folder),
  },
];

/**
 * @param {string} entry
 * @param {string} folder
 */
async function library(entry, folder) {
  await bundleLibrary(entry, folder);
  await declare(entry, folder);
}

/** @param {string} folder */
async function gateway(folder) {
  const entries = {
    main: "gateway/src/main.ts",
    keyspace: "gateway/src/keyspace/index.ts",
    sandbox: "gateway/src/triggers/engine/sandbox/main.ts",
  };
  await bundlePrograms(entries, folder);
  const types = join(folder, "keyspace");
  mkdirSync(types);
  await declare(entries.keyspace, types);
}
