import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endWithNpm } from "./lib/parent.mjs";
import { total } from "./test/counts.mjs";
import { STAGES } from "./test/stages.mjs";

/** @typedef {import("./test/counts.mjs").Counts & { name: string, seconds: number }} Result */

/**
 * @param {import("./test/stages.mjs").Stage} stage
 * @param {string} folder for its report
 * @returns {Promise<Result>}
 */
async function runStage({ name, run }, folder) {
  console.log(`\n── ${name} ──`);
  const start = performance.now();
  const counts = await run(join(folder, `${name}.json`)).catch((error) => {
    console.error(error instanceof Error ? error.message : error);
    return { passed: 0, failed: 1, skipped: 0 };
  });
  return { name, seconds: (performance.now() - start) / 1000, ...counts };
}

/** @param {readonly Result[]} results */
function summarize(results) {
  console.log("\n── summary ──");
  for (const { name, passed, failed, skipped, seconds } of results) {
    const more = skipped > 0 ? `, ${skipped} skipped` : "";
    const counts = `${passed} passed, ${failed} failed${more}`;
    console.log(`${failed > 0 ? "✗" : "✓"} ${name}: ${counts} (${seconds.toFixed(1)} s)`);
  }
  const { passed, failed } = total(results);
  console.log(`${passed} passed, ${failed} failed`);
}

endWithNpm();
const folder = mkdtempSync(join(tmpdir(), "keywire-reports-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
/** @type {Result[]} */
const results = [];
// One that fails stops none of the others: whoever reads this wants to know all of it.
for (const stage of STAGES) results.push(await runStage(stage, folder));
summarize(results);
if (total(results).failed > 0) process.exitCode = 1;
