import { existsSync, readFileSync } from "node:fs";

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * What a stage comes to: its report's counts, but never clean where its program failed, left no
 * report, or ran nothing.
 *
 * @template Report
 * @param {string} file the report
 * @param {(report: Report) => Counts} read
 * @param {number} exitCode
 * @returns {Counts}
 */
export function countsOf(file, read, exitCode) {
  const counts = existsSync(file)
    ? read(JSON.parse(readFileSync(file, "utf8")))
    : { passed: 0, failed: 0, skipped: 0 };
  const ran = counts.passed + counts.failed;
  const unexplained = counts.failed === 0 && (exitCode !== 0 || ran === 0);
  return unexplained ? { ...counts, failed: 1 } : counts;
}

/**
 * @param {readonly Counts[]} all
 * @returns {Counts}
 */
export function total(all) {
  return {
    passed: all.reduce((sum, { passed }) => sum + passed, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
    skipped: all.reduce((sum, { skipped }) => sum + skipped, 0),
  };
}

/**
 * Vitest's JSON reporter. A file that could not even be loaded fails without a test that does.
 *
 * @typedef {{ status: string, assertionResults: readonly { status: string }[] }} VitestFile
 * @param {{ testResults: readonly VitestFile[] }} report
 * @returns {Counts}
 */
export function fromVitest({ testResults }) {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const broken = testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((test) => test.status === "failed"),
  );
  const count = (/** @type {string} */ status) =>
    tests.filter((test) => test.status === status).length;
  const [passed, failed] = [count("passed"), count("failed")];
  return { passed, failed: failed + broken.length, skipped: tests.length - passed - failed };
}

/**
 * Playwright's JSON reporter. A test that passed at the second attempt only has failed.
 *
 * @param {{ stats: { expected: number, unexpected: number, flaky: number, skipped: number },
 *   errors: readonly unknown[] }} report
 * @returns {Counts}
 */
export function fromPlaywright({ stats, errors }) {
  const failed = stats.unexpected + stats.flaky + errors.length;
  return { passed: stats.expected, failed, skipped: stats.skipped };
}

/**
 * Our own checks.
 *
 * @param {readonly { faults: readonly string[] }[]} outcomes
 * @returns {Counts}
 */
export function fromChecks(outcomes) {
  const passed = outcomes.filter(({ faults }) => faults.length === 0).length;
  return { passed, failed: outcomes.length - passed, skipped: 0 };
}
