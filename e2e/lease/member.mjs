import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

/**
 * Runs one gateway's share of a kind of work as a process of its own, from the sources.
 * @typedef {typeof import("./member.js")} Member
 */

const here = dirname(fileURLToPath(import.meta.url));
const resolve = { conditions: ["keywire-source"], noExternal: [/^@keywire\//] };
/** @type {{ module: Member }} */
const { module } = await runnerImport(join(here, "member.ts"), {
  root: join(here, "../.."),
  logLevel: "error",
  environments: { inline: { resolve } },
});
await module.main(process.argv.slice(2));
