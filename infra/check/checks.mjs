import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { layerFaults } from "../layers/layers.mjs";
import { ROOT } from "../lib/root.mjs";
import { run } from "../lib/run.mjs";
import { declarationFaults } from "./declarations.mjs";

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {() => Promise<readonly string[]>} faults none where it holds; printed ones are not repeated
 */

/** Biome colours what it writes even where nobody sees colours. */
const PLAIN = process.stdout.isTTY ? [] : ["--colors=off"];

/** @type {readonly Check[]} */
export const CHECKS = [
  { name: "types", faults: () => tool("typescript/bin/tsc", ["-p", "."]) },
  {
    name: "lint and format",
    faults: () => tool("@biomejs/biome/bin/biome", ["ci", "--error-on-warnings", ...PLAIN]),
  },
  { name: "layers", faults: async () => layerFaults(ROOT) },
  { name: "examples against the published types", faults: declarationFaults },
  { name: "generated files", faults: staleFiles },
];

/**
 * @param {string} program in node_modules
 * @param {readonly string[]} args
 */
async function tool(program, args) {
  const code = await run(process.execPath, [join(ROOT, "node_modules", program), ...args]);
  return code === 0 ? [] : [`exit code ${code}; see above`];
}

async function staleFiles() {
  const gateway = join(ROOT, "gateway/bin/keywire.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [gateway, "config", "--markdown"]);
  const file = "docs/configuration.md";
  if (readFileSync(join(ROOT, file), "utf8").trim() === stdout.trim()) return [];
  return [`${file} is not what \`keywire config --markdown\` prints now; write it anew`];
}
