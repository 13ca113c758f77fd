import { join } from "node:path";
import { ROOT } from "../lib/root.mjs";
import { run } from "../lib/run.mjs";
import { setUp } from "../setup/set-up.mjs";
import { countsOf, fromChecks, fromPlaywright, fromVitest } from "./counts.mjs";

/** @typedef {import("./counts.mjs").Counts} Counts */
/**
 * @typedef {object} Stage
 * @property {string} name
 * @property {(report: string) => Promise<Counts>} run with the path of a report that it may write
 */

/** @type {readonly Stage[]} */
export const STAGES = [
  { name: "set-up", run: prepare },
  { name: "build", run: build },
  { name: "checks", run: check },
  { name: "unit tests", run: (report) => vitest("unit", report) },
  { name: "integration tests", run: (report) => vitest("integration", report) },
  { name: "browser tests", run: playwright },
];

async function prepare() {
  await setUp({ tests: true });
  return { passed: 1, failed: 0, skipped: 0 };
}

async function build() {
  const code = await node("infra/build.mjs");
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** @param {string} report */
async function check(report) {
  const code = await node("infra/check.mjs", ["--report", report]);
  return countsOf(report, fromChecks, code);
}

/**
 * @param {string} project of vitest.config.ts
 * @param {string} report
 */
async function vitest(project, report) {
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  // In CI neither `.only` nor a snapshot that is written anew makes a test pass.
  const env = { CI: "true" };
  const args = ["run", "--project", project, ...reporters];
  return countsOf(report, fromVitest, await node("node_modules/vitest/vitest.mjs", args, env));
}

/** @param {string} report */
async function playwright(report) {
  const args = ["test", "--config", "e2e/playwright.config.ts", "--reporter", "list,json"];
  const env = { PLAYWRIGHT_JSON_OUTPUT_NAME: report };
  const code = await node("node_modules/@playwright/test/cli.js", args, env);
  return countsOf(report, fromPlaywright, code);
}

/**
 * @param {string} program from the root
 * @param {readonly string[]} [args]
 * @param {Readonly<Record<string, string>>} [env]
 */
function node(program, args = [], env = {}) {
  return run(process.execPath, [join(ROOT, program), ...args], { env: { ...process.env, ...env } });
}
