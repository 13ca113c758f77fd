import { join } from "node:path";
import { fingerprint } from "./build/inputs.mjs";
import { PARTS } from "./build/parts.mjs";
import { isUpToDate, openWorkshop, publish } from "./build/publish.mjs";
import { alone } from "./lib/lock.mjs";
import { Fault, runMain } from "./lib/main.mjs";
import { ROOT } from "./lib/root.mjs";

/** Builds what is not up to date. */
async function buildAll() {
  for (const part of PARTS) {
    try {
      await buildPart(part);
    } catch (error) {
      throw new Fault(`The ${part.name} could not be built: ${reason(error)}`);
    }
  }
}

/** @param {import("./build/parts.mjs").Part} part */
async function buildPart({ name, output, inputs, entries, build }) {
  const folder = join(ROOT, output);
  const state = fingerprint(inputs);
  if (isUpToDate(folder, state)) return;
  const start = performance.now();
  await build(openWorkshop(folder));
  publish(folder, state, entries);
  console.log(`Built the ${name} in ${((performance.now() - start) / 1000).toFixed(1)} s.`);
}

/** @param {unknown} error */
function reason(error) {
  return error instanceof Error ? error.message : String(error);
}

await runMain(async () => {
  if (PARTS.every((part) => isUpToDate(join(ROOT, part.output), fingerprint(part.inputs)))) return;
  await alone("build", buildAll);
});
