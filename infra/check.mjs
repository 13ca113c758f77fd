import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKS } from "./check/checks.mjs";
import { ROOT } from "./lib/root.mjs";
import { run } from "./lib/run.mjs";

/**
 * Runs every check, whatever the others say. `--report FILE` writes the outcome as JSON.
 *
 * @typedef {{ name: string, faults: readonly string[] }} Outcome
 */
async function checkAll() {
  // Some look at what is built.
  await run(process.execPath, [join(ROOT, "infra/build.mjs")]);
  /** @type {Outcome[]} */
  const outcomes = [];
  for (const check of CHECKS) outcomes.push({ name: check.name, faults: await outcome(check) });
  for (const { name, faults } of outcomes) {
    console.log(`${faults.length === 0 ? "✓" : "✗"} ${name}`);
    for (const fault of faults) console.log(`    ${fault}`);
  }
  return outcomes;
}

/** @param {import("./check/checks.mjs").Check} check */
async function outcome({ name, faults }) {
  try {
    return await faults();
  } catch (error) {
    return [`${name} could not be checked: ${error instanceof Error ? error.message : error}`];
  }
}

const outcomes = await checkAll();
const report = process.argv[process.argv.indexOf("--report") + 1];
if (process.argv.includes("--report") && report) writeFileSync(report, JSON.stringify(outcomes));
if (outcomes.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
